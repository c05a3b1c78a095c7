// One writing process: keeps enough appends under way to fill its batches, and counts those acknowledged. It says when
// it begins to count, and then how many there were.
import { randomBytes, randomUUID } from 'node:crypto';
import { PostgresLedger } from '@cartulary/ledger';
import pg from 'pg';

const { mode, url, batch, connections, warmUp, seconds } = JSON.parse(process.argv[2]);
const FILL = randomBytes(400).toString('base64').slice(0, 360); // makes an envelope of about 700 bytes
const recordedAt = '2026-03-01T12:00:00.000Z';
let [events, counting, running] = [0, warmUp === 0, true];
process.once('disconnect', () => process.exit());

const lane = mode === 'ledger' ? ledgerLane() : rawLane();
const lanes = mode === 'ledger' ? batch * (connections + 1) : connections;
const work = Promise.all(Array.from({ length: lanes }, () => repeat(lane.once)));
setTimeout(() => {
  counting = true;
  process.send({ counting });
  setTimeout(() => {
    running = false;
    const counted = events;
    void work.then(lane.close).then(() => {
      process.send({ events: counted });
      process.disconnect();
    });
  }, seconds * 1000);
}, warmUp * 1000);

async function repeat(once) {
  while (running) {
    const count = await once();
    if (counting) events += count;
  }
}

function ledgerLane() {
  const ledger = new PostgresLedger({ url, maxBatchCommands: batch, appendConnections: connections });
  const once = async () => {
    const stream = `certificate-${randomUUID()}`;
    await ledger.append({
      expectations: [{ stream, version: 0 }],
      events: [{ stream, type: 'CertificateIssued', data: { fill: FILL } }],
      actor: { id: 'system:bench', credential: 'system' },
      correlationId: stream,
      recordedAt,
    });
    return 1;
  };
  return { once, close: () => ledger.close() };
}

// The same bytes without a ledger: no lock, no positions, no heads, no hash.
function rawLane() {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  const text = `INSERT INTO projections.raw_events SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::uuid[], $5::bytea[])`;
  const once = async () => {
    const ids = Array.from({ length: batch }, () => randomUUID());
    const streams = ids.map((id) => `certificate-${id}`);
    const envelopes = ids.map(() => randomBytes(700));
    await pool.query({ name: 'raw', text, values: [streams, ids.map(() => 1), ids.map(() => 'T'), ids, envelopes] });
    return batch;
  };
  return { once, close: () => pool.end() };
}
