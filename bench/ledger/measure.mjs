import { verifyLedger } from '@cartulary/ledger';
import { Place } from '../lib/place.mjs';
import { rounds } from '../lib/rounds.mjs';
import { ratio, spread } from '../lib/statistics.mjs';
import { followers } from './followers.mjs';
import { growth } from './growth.mjs';
import { measureWriters } from './writers.mjs';

const PROCESSES = 4;
const CONNECTIONS = 2;
const BATCHES = [1, 50, 300];
const JUDGED = 300;
const rawTable = 'CREATE TABLE projections.raw_events (stream text, version int, type text, id uuid, envelope bytea)';
const percent = ({ value, min, max, count }) => ({ value: 100 * value, min: 100 * min, max: 100 * max, count });

/** Appends of 700-byte events from four processes, fsync on, beside a raw multi-row insert of the same bytes. */
export const measure = async (report, { pick }) => {
  const place = await Place.open();
  try {
    const seconds = pick(0.5, 3, 8);
    const contestants = {};
    const ledgers = [];
    for (const batch of pick([50], BATCHES)) {
      for (const mode of ['ledger', 'raw']) {
        const { url, owner } = await place.database(`${mode}_${batch}`);
        if (mode === 'raw') await owner.query(rawTable);
        else ledgers.push(owner);
        const options = { mode, url, batch, connections: CONNECTIONS, warmUp: pick(0.3, 1), seconds };
        contestants[`${mode} ${batch}`] = () => measureWriters(PROCESSES, options, place.postgres.pid);
      }
    }
    const results = await rounds(pick(1, 3, 5), contestants);
    for (const owner of ledgers) await verified(owner);
    tell(report, results);
    await followers(report, place, pick);
    await growth(report, place, pick);
  } finally {
    await place.close();
  }
};

const verified = async (owner) => {
  const { problems } = await verifyLedger(owner);
  if (problems.length > 0) throw new Error(problems.join('\n'));
};

const of = (results, name) => spread(results.map((result) => result[name]));

const tell = (report, results) => {
  const batches = BATCHES.filter((batch) => results[`ledger ${batch}`]);
  const share = (batch) => {
    const [ledger, raw] = ['ledger', 'raw'].map((mode) => results[`${mode} ${batch}`].map(({ rate }) => rate));
    return percent(ratio(ledger, raw));
  };
  const rows = batches.map((batch) => [
    `${batch}`,
    of(results[`ledger ${batch}`], 'rate'),
    of(results[`raw ${batch}`], 'rate'),
    share(batch),
    of(results[`ledger ${batch}`], 'cpu'),
    of(results[`raw ${batch}`], 'cpu'),
    of(results[`ledger ${batch}`], 'apart'),
  ]);
  report.table(
    `Appends from ${PROCESSES} processes over ${CONNECTIONS} connections each, 700-byte events`,
    [
      'batch',
      'ledger, events/s',
      'raw insert, rows/s',
      'of raw %',
      'Postgres’ CPU ms each',
      '… raw',
      'processes apart %',
    ],
    rows,
  );
  const judged = batches.includes(JUDGED) ? JUDGED : batches.at(-1);
  report.goal('ledger-append', share(judged), `batches of ${judged}, round by round`);
};
