import { StandaloneProcess } from '@cartulary/testing';
import { CertificateLoad, oneCertificate } from '../lib/certificate-load.mjs';
import { workloadIssuer } from '../lib/issuers.mjs';
import { load, withoutErrors } from '../lib/load.mjs';
import { allCores, oneCore } from '../lib/openssl.mjs';
import { Place } from '../lib/place.mjs';
import { rounds } from '../lib/rounds.mjs';
import { ratio, spread } from '../lib/statistics.mjs';
import { growth } from './growth.mjs';

/** What the CPU goal is stated for: a verification and a signature, in ms. */
const STATED_LIMIT = 0.1;

const of = (results, value) => spread(results.map(value));
const percent = (measured) =>
  Object.fromEntries(Object.entries(measured).map(([k, v]) => [k, k === 'count' ? v : v * 100]));

/** Issuance by the service that runs apart, and by everything in one process, beside what openssl does. */
export const measure = async (report, { pick }) => {
  const seconds = pick(2, 4, 8);
  const items = pick(10, 100);
  const place = await Place.open();
  let standalone;
  try {
    const { cluster, ledger, url } = await place.services();
    const certificates = await CertificateLoad.prepare(place, cluster, pick(4_000, 60_000, 200_000));
    standalone = await StandaloneProcess.start({ databaseUrl: await place.postgres.ensureDatabase('standalone') });
    const at = (connections) => () => certificates.single({ connections, seconds, warmUp: pick(0.5, 1) });
    const results = await rounds(pick(1, 3, 5), {
      limit: () => oneCore(1),
      cores: () => allCores(1),
      one: at(1),
      eight: at(8),
      many: at(64),
      batch: () => certificates.batch(items, { connections: 4, seconds, warmUp: pick(0.5, 1) }),
      standalone: () => aloneAt(standalone, place, certificates, { connections: 64, seconds, warmUp: 1 }),
    });
    await standalone.dispose();
    standalone = undefined;
    rates(report, results, items);
    goalsOf(report, results, items);
    await atHalf(report, certificates, of(results.many, ({ rate }) => rate).value, pick);
    await growth(report, { certificates, url, issuer: await workloadIssuer(ledger), pick });
  } finally {
    await standalone?.dispose();
    await place.close();
  }
};

const aloneAt = async (standalone, place, certificates, options) => {
  const flags = {
    ...{ ca: standalone.file('root.crt'), cert: standalone.file('operator.crt'), key: standalone.file('operator.key') },
    ...{ method: 'POST', header: 'Content-Type: application/json', csrs: certificates.csrs },
    url: `${standalone.restUrl}/v1/certificates`,
    body: oneCertificate,
  };
  return withoutErrors(
    await load({ ...flags, ...options }, { standalone: standalone.pid, postgres: place.postgres.pid }),
  );
};

const rates = (report, { limit, cores, ...ours }, items) => {
  const batch = `batches of ${items}, 4`;
  const names = { one: '1', eight: '8', many: '64', batch, standalone: '64, `cartulary up`' };
  const rows = Object.entries(ours).map(([name, results]) => [
    names[name],
    of(results, ({ rate }) => rate),
    of(results, ({ latency }) => latency.p50),
    of(results, ({ latency }) => latency.p99),
    of(results, ({ cpuPerOperation }) => cpuPerOperation),
    of(results, ({ cpu, operations }) => cpu.postgres / operations),
    of(results, ({ clientShare }) => clientShare * 100),
  ]);
  const columns = [
    'connections',
    'certificates/s',
    'p50 ms',
    'p99 ms',
    'CPU ms each',
    'of it Postgres',
    'client’s share of CPU %',
  ];
  report.table('Issuance over REST, stored', columns, rows);
  report.table(
    'openssl speed ecdsap256 in the same rounds',
    ['', 'sign/s', 'verify/s', 'one of each, ms'],
    [
      ['one core, by CPU time', limit],
      ['all cores, by the clock', cores],
    ].map(([name, results]) => [
      name,
      of(results, ({ sign }) => sign),
      of(results, ({ verify }) => verify),
      of(results, ({ perCertificate }) => 1_000 / perCertificate),
    ]),
  );
  report.note('In a batch request, latency is that of the whole request.');
};

const goalsOf = (report, { limit, cores, many, batch }, items) => {
  const scaled = many.map(
    ({ cpuPerOperation }, round) => (cpuPerOperation * STATED_LIMIT * limit[round].perCertificate) / 1_000,
  );
  const raw = of(many, ({ cpuPerOperation }) => cpuPerOperation).value;
  const own = 1_000 / of(limit, ({ perCertificate }) => perCertificate).value;
  report.goal('issuance-cpu', spread(scaled), `${raw.toFixed(2)} ms here, where verify + sign is ${own.toFixed(3)} ms`);
  const share = ratio(
    batch.map(({ rate }) => rate),
    cores.map(({ perCertificate }) => perCertificate),
  );
  report.goal('issuance-batch', percent(share), `batches of ${items} over 4 connections`);
};

/** Open loop: what waits for a busy server counts as waiting. */
const atHalf = async (report, certificates, maximum, pick) => {
  const options = { rate: maximum / 2, connections: 64, seconds: pick(2, 8, 30), warmUp: 1 };
  const { half } = await rounds(pick(1, 3, 5), { half: () => certificates.single(options) });
  const p99 = of(half, ({ latency }) => latency.p99);
  report.goal('issuance-p99', p99, `${Math.round(maximum / 2)} requests/s, latency from when each was due`);
  const columns = ['requests/s', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'];
  const each = (name) => of(half, ({ latency }) => latency[name]);
  report.table('At half of the maximum rate', columns, [
    [Math.round(maximum / 2), ...['p50', 'p90', 'p99', 'max'].map(each)],
  ]);
};
