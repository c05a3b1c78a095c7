import { Authority } from './authority.mjs';
import { startCfssl } from './cfssl.mjs';
import { describedPeer } from './described.mjs';
import { measureOcsp } from './ocsp.mjs';
import { CertificateLoad } from '../lib/certificate-load.mjs';
import { Closing } from '../lib/closing.mjs';
import { load, withoutErrors } from '../lib/load.mjs';
import { ISSUANCE, RESPONDER } from '../lib/names.mjs';
import { Place } from '../lib/place.mjs';
import { rounds } from '../lib/rounds.mjs';
import { spread } from '../lib/statistics.mjs';

const OURS = 'Cartulary, 64';
/** By the family whose goal it decides. `cfssl serve` has no setting for its pool: with another one it is shown, not judged. */
const goalOf = { cfssl: 'issuance-cfssl', 'step-ca': 'issuance-step-ca', OpenBao: 'issuance-openbao' };

/** Peers beside us, in turn, with the same client, the same kind of requests and, where it is ours to choose, the same Postgres. */
export const measure = async (report, { pick }) => {
  const place = await Place.open();
  const closing = new Closing();
  try {
    const { cluster, ledger } = await place.services({ replicas: [ISSUANCE, RESPONDER] });
    const ours = await CertificateLoad.prepare(place, cluster, pick(4_000, 60_000));
    const authority = await Authority.make(place);
    const options = { seconds: pick(1, 4, 8), warmUp: pick(0.5, 1) };
    const contestants = { [OURS]: () => ours.single({ connections: 64, ...options }) };
    const peers = await present(report, { place, authority, closing });
    let skip = 0;
    for (const { name, flags, roots } of peers) {
      for (const connections of [8, 64]) {
        contestants[`${name}, ${connections}`] = async () => {
          const given = { csrs: ours.csrs, ...flags, ...options, connections, skip };
          const result = withoutErrors(await load(given, roots));
          skip += result.requests;
          return result;
        };
      }
    }
    tell(report, await rounds(pick(1, 3, 5), contestants), peers);
    await closing.run();
    await measureOcsp(report, { place, cluster, ledger, authority, pick });
  } finally {
    await closing.run();
    await place.close();
  }
};

/** Those that are here; of each other its name and why not. */
const present = async (report, { place, authority, closing }) => {
  const found = [];
  for (const [kind, family, name] of [
    ['stock', 'cfssl', 'cfssl + Postgres'],
    ['pooled', 'cfssl-pooled', 'cfssl + Postgres, pool raised'],
  ]) {
    try {
      const { server, flags } = await startCfssl(place, authority, kind);
      closing.add(() => server.stop());
      found.push({ family, name, flags, roots: { cfssl: server.pid, postgres: place.postgres.pid } });
    } catch (error) {
      report.note(`${name} could not be started: ${error.message}`);
    }
  }
  if (!found.some(({ family }) => family === 'cfssl'))
    report.missing(goalOf.cfssl, 'cfssl could not be started: see its notes');
  for (const [family, variable] of [
    ['step-ca', 'CARTULARY_BENCH_STEP_CA'],
    ['OpenBao', 'CARTULARY_BENCH_OPENBAO'],
  ]) {
    const { missing, ...peer } = await describedPeer(family, variable);
    if (missing) report.missing(goalOf[family], missing);
    else found.push({ family, ...peer });
  }
  return found;
};

const tell = (report, results, peers) => {
  const rows = Object.entries(results).map(([name, some]) => [
    name,
    ...[({ rate }) => rate, ({ latency }) => latency.p50, ({ latency }) => latency.p99].map((value) =>
      spread(some.map(value)),
    ),
    spread(some.map(({ cpuPerOperation }) => cpuPerOperation)),
    spread(some.map(({ clientShare }) => clientShare * 100)),
  ]);
  report.table(
    'Issuance, stored',
    ['who, connections', 'certificates/s', 'p50 ms', 'p99 ms', 'CPU ms each, with database', 'client’s share of CPU %'],
    rows,
  );
  const against = [];
  for (const { family, name } of peers) {
    const names = [`${name}, 8`, `${name}, 64`];
    const each = results[OURS].map(
      ({ rate }, round) => rate / Math.max(...names.map((name) => results[name][round].rate)),
    );
    const cpu = results[OURS].map(
      ({ cpuPerOperation }, round) =>
        Math.min(...names.map((name) => results[name][round].cpuPerOperation)) / cpuPerOperation,
    );
    against.push([name, spread(each), spread(cpu)]);
    const byCpu = `${spread(cpu).value.toFixed(2)} × by CPU time`;
    if (goalOf[family])
      report.goal(goalOf[family], spread(each), `our 64 connections against its better of 8 and 64; ${byCpu}`);
  }
  report.table(
    'How many times as much as a peer, our 64 against its better of 8 and 64',
    ['', 'by rate', 'by CPU time'],
    against,
  );
};
