// Append rate of the ledger: batches of 1, 50 and 300 from 4 processes, 700-byte events, fsync on, beside a raw
// multi-row insert of the same bytes; then whether the rate stays flat while the ledger grows.
//   npm run bench -- ledger-append [--seconds 5] [--rows 1000000] [--connections 2]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate, provisionServiceRole, verifyLedger } from '@cartulary/ledger';
import { startEmbeddedPostgres } from '@cartulary/ledger/embedded';
import pg from 'pg';

const PROCESSES = 4;
const BATCHES = [1, 50, 300];
const DESIGN = { 1: 900, 50: 7_000, 300: 19_000 };
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rows: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '2' },
  },
});
const seconds = Number(values.seconds);
const rows = Number(values.rows);
const connections = Number(values.connections);
const worker = join(import.meta.dirname, 'ledger-append', 'worker.mjs');
const results = join(import.meta.dirname, 'results');

const load = loadavg()[0].toFixed(1);
const directory = await mkdtemp(join(tmpdir(), 'cartulary-bench-'));
await chmod(directory, 0o711);
const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data') });
try {
  const rates = [];
  for (const batch of BATCHES) {
    const ledger = await measure('ledger', batch);
    const raw = await measure('raw', batch);
    rates.push({ batch, ledger, raw, design: DESIGN[batch] });
    console.log(`batch ${batch}: ledger ${ledger.rate}/s, raw insert ${raw.rate}/s (spread ${ledger.spread} %)`);
  }
  const flat = rows > 0 ? await flatness(rows) : [];
  await report({ rates, flat });
} finally {
  await postgres.stop();
  await rm(directory, { recursive: true });
}

async function database(name) {
  const ownerUrl = await postgres.ensureDatabase(name);
  await migrate({ ownerUrl });
  const url = await provisionServiceRole({ ownerUrl, role: `${name}_service`, password: 'bench' });
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(
    'CREATE TABLE projections.raw_events (stream text, version int, type text, id uuid, envelope bytea)',
  );
  return { url, owner };
}

function start(options) {
  return Array.from({ length: PROCESSES }, () => fork(worker, [JSON.stringify(options)]));
}

async function measure(mode, batch) {
  const { url, owner } = await database(`${mode}_${batch}`);
  const workers = start({ mode, url, batch, connections, warmUp: 1, seconds });
  const counts = await Promise.all(workers.map(async (child) => (await once(child, 'message'))[0].events));
  if (mode === 'ledger') {
    const { problems } = await verifyLedger(owner);
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }
  await owner.end();
  const total = counts.reduce((sum, count) => sum + count, 0);
  const spread = (100 * (Math.max(...counts) - Math.min(...counts))) / (total / PROCESSES);
  return { rate: Math.round(total / seconds), spread: Math.round(spread * 10) / 10 };
}

async function flatness(target) {
  const { url, owner } = await database('flatness');
  const step = 100_000;
  const workers = start({ mode: 'ledger', url, batch: 300, connections, warmUp: 0, seconds: 3_600 });
  const head = async () => Number((await owner.query('SELECT position FROM cartulary.ledger_head')).rows[0].position);
  const rates = [];
  let since = performance.now();
  for (let next = step, before = 0; next <= target;) {
    const position = await head();
    if (position >= next) {
      const now = performance.now();
      rates.push({ rows: position, rate: Math.round(((position - before) * 1000) / (now - since)) });
      console.log(`${position} rows: ${rates.at(-1).rate}/s`);
      [before, since, next] = [position, now, next + step];
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (const child of workers) child.kill();
  await Promise.all(workers.map((child) => once(child, 'exit')));
  await owner.end();
  return rates;
}

async function report({ rates, flat }) {
  await mkdir(results, { recursive: true });
  const machine = `${cpus().length} × ${cpus()[0].model}`;
  const summary = { machine, node: process.version, load, processes: PROCESSES, seconds, connections, rates, flat };
  await writeFile(join(results, 'ledger-append.json'), `${JSON.stringify(summary, null, 2)}\n`);
  const table = rates.map(
    ({ batch, ledger, raw, design }) =>
      `| ${batch} | ${ledger.rate} | ${design} | ${raw.rate} | ${((100 * ledger.rate) / raw.rate).toFixed(0)} % | ${ledger.spread} % |`,
  );
  const growth = flat.map(({ rows, rate }) => `| ${rows} | ${rate} |`);
  const lines = [
    '# Append rate',
    '',
    `${machine} (load ${load} before the start), Node ${process.version}, ${PROCESSES} processes, 700-byte events, fsync on,`,
    'Postgres on the same machine.',
    '',
    '| batch | ledger, events/s | DESIGN §5 | raw insert, rows/s | of raw | spread between processes |',
    '| ---: | ---: | ---: | ---: | ---: | ---: |',
    ...table,
    '',
    '| rows in the ledger | events/s of the last 100 000 (batch 300) |',
    '| ---: | ---: |',
    ...growth,
    '',
  ];
  await writeFile(join(results, 'ledger-append.md'), lines.join('\n'));
  console.log(lines.join('\n'));
}
