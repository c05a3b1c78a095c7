import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { load, withoutErrors } from '../lib/load.mjs';
import { Million } from '../lib/million.mjs';
import { INVENTORY } from '../lib/names.mjs';
import { asOperator } from '../lib/place.mjs';
import { rounds } from '../lib/rounds.mjs';
import { startUntilReady } from '../lib/starting.mjs';
import { spread } from '../lib/statistics.mjs';
import { identityOf } from '../lib/synthetic.mjs';

const PATIENCE_MS = 900_000;

/** Lists by identity, asked at a steady rate, beside the same server's answer to nothing at all. */
export const measure = async (report, { pick }) => {
  const million = await Million.open();
  const { cluster, place, ledger } = million;
  await million.fillTo(pick(2_000, 1_000_000), report.say);
  const { position: head } = await ledger.head();
  const begun = performance.now();
  const { process, rss } = await startUntilReady(cluster, INVENTORY);
  await untilBuilt(cluster.client(process), head);
  const building = (performance.now() - begun) / 1_000;
  report.table(
    'Tables built from the ledger',
    ['events', 's', 'events/s', 'resident MB'],
    [[head, building, head / building, rss]],
  );
  await queries(report, { cluster, place, process, pick });
};

const untilBuilt = async (client, head) => {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { projections } = await client.listProjections();
    const active = projections.flatMap(({ generations }) => generations).filter(({ status }) => status === 'active');
    if (active.length > 0 && active.every(({ position }) => position >= head)) return;
    if (performance.now() > deadline) throw new Error(`the tables are not built: ${JSON.stringify(active)}`);
    await sleep(200);
  }
};

const queries = async (report, { cluster, place, process, pick }) => {
  const identities = Array.from({ length: 5_000 }, (_, n) => encodeURIComponent(identityOf(n * 7)));
  const lines = place.file('identities.txt');
  await writeFile(lines, identities.join('\n'));
  const options = { ...asOperator(cluster), lines, connections: 8, rate: 100, seconds: pick(2, 10, 30), warmUp: 1 };
  const ask = (path) => async () =>
    withoutErrors(await load({ ...options, url: process.restUrl + path }, place.roots(cluster)));
  const results = await rounds(pick(1, 3, 5), {
    'by identity': ask('/v1/certificates?identity={line}'),
    'by identity, of those active': ask('/v1/certificates?identity={line}&status=active&limit=10'),
    'nothing (/healthz)': ask('/healthz?{line}'),
  });
  const of = (some, name) => spread(some.map(({ latency }) => latency[name]));
  const rows = Object.entries(results).map(([name, some]) => [
    ...[name, of(some, 'p50'), of(some, 'p90'), of(some, 'p99'), of(some, 'max')],
    spread(some.map(({ cpuPerOperation }) => cpuPerOperation)),
  ]);
  report.table(
    'Queries, 100 a second over 8 connections',
    ['query', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms', 'CPU ms each'],
    rows,
  );
  report.goal('inventory-identity', of(results['by identity'], 'p99'), 'a first page, latency from when each was due');
};
