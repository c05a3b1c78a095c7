import { Certificates } from './certificates.mjs';
import { BareServer } from './bare-server.mjs';
import { load, withoutErrors } from '../lib/load.mjs';
import { ISSUANCE, RESPONDER } from '../lib/names.mjs';
import { oneCoreByClock } from '../lib/openssl.mjs';
import { Place } from '../lib/place.mjs';
import { rounds } from '../lib/rounds.mjs';
import { ratio, spread } from '../lib/statistics.mjs';

const percent = ({ value, min, max, count }) => ({ value: 100 * value, min: 100 * min, max: 100 * max, count });

/** One responder, asked by GET for what it may keep and by POST with nonces, beside a bare server with the same bytes. */
export const measure = async (report, { pick }) => {
  const place = await Place.open();
  let bare;
  try {
    const { cluster, ledger } = await place.services({ replicas: [ISSUANCE, RESPONDER] });
    const certificates = await Certificates.issue({ place, cluster, ledger, count: pick(10, 100) });
    bare = await BareServer.start(await certificates.anAnswer());
    const { publicUrl } = cluster.one('responder');
    const [roots, bareRoots] = [place.roots(cluster), { bare: bare.pid }];
    const options = { seconds: pick(1, 4, 8), warmUp: pick(0.5, 1) };
    const gets = await certificates.gets();
    const posts = await certificates.posts(pick(500, 20_000));
    const cached = { url: `${publicUrl}/ocsp/{line}`, lines: gets, ...options };
    const same = { url: `${bare.url}/ocsp/{line}`, lines: gets, ...options };
    const nonce = {
      ...{ url: `${publicUrl}/ocsp`, method: 'POST', body: '@line', lines: posts, ...options },
      header: 'Content-Type: application/ocsp-request',
    };
    const ask = (flags, connections, whose) => async () => withoutErrors(await load({ ...flags, connections }, whose));
    const results = await rounds(pick(1, 3, 5), {
      limit: () => oneCoreByClock(1),
      'cached, 8': ask(cached, 8, roots),
      'cached, 64': ask(cached, 64, roots),
      'bare, 8': ask(same, 8, bareRoots),
      'bare, 64': ask(same, 64, bareRoots),
      'nonce, 8': ask(nonce, 8, roots),
      'nonce, 64': ask(nonce, 64, roots),
    });
    tell(report, results);
  } finally {
    await bare?.stop();
    await place.close();
  }
};

const rate = ({ rate: each }) => each;

const tell = (report, { limit, ...results }) => {
  const rows = Object.entries(results).map(([name, some]) => [
    name,
    ...[rate, ({ latency }) => latency.p50, ({ latency }) => latency.p99, ({ cpuPerOperation }) => cpuPerOperation].map(
      (value) => spread(some.map(value)),
    ),
    spread(some.map(({ clientShare }) => clientShare * 100)),
  ]);
  report.table(
    'OCSP answers; bare: `node:http` with the same bytes',
    ['what, connections', 'answers/s', 'p50 ms', 'p99 ms', 'CPU ms each', 'client’s share of CPU %'],
    rows,
  );
  const cached = ratio(results['cached, 64'].map(rate), results['bare, 64'].map(rate));
  report.goal('ocsp-cached', percent(cached), 'rates at 64 connections, round by round');
  const cpu = ({ cpuPerOperation }) => cpuPerOperation;
  const byCpu = percent(ratio(results['bare, 64'].map(cpu), results['cached, 64'].map(cpu)));
  report.table('By CPU time, which other work on the machine changes less', ['', '%'], [['cached, of bare', byCpu]]);
  const signing = limit.map(({ sign }) => sign);
  const nonce = ratio(results['nonce, 64'].map(rate), signing);
  report.goal(
    'ocsp-nonce',
    percent(nonce),
    `one responder at 64 connections; openssl signs ${Math.round(spread(signing).value)}/s`,
  );
};
