import { Certificates } from '../ocsp/certificates.mjs';
import { load, withoutErrors } from '../lib/load.mjs';
import { rounds } from '../lib/rounds.mjs';
import { ratio, spread } from '../lib/statistics.mjs';
import { startOpensslOcsp } from './openssl-ocsp.mjs';

/** Our responder beside `openssl ocsp`, which signs each answer. */
export const measureOcsp = async (report, { place, cluster, ledger, authority, pick }) => {
  const { missing, server, ask } = await startOpensslOcsp(authority);
  if (missing) return report.note(missing);
  try {
    const certificates = await Certificates.issue({ place, cluster, ledger, count: pick(10, 100) });
    const { publicUrl } = cluster.one('responder');
    const options = { connections: 8, seconds: pick(1, 4, 8), warmUp: pick(0.5, 1) };
    const posts = {
      method: 'POST',
      body: '@line',
      lines: await certificates.posts(pick(500, 20_000)),
      header: 'Content-Type: application/ocsp-request',
    };
    const roots = place.roots(cluster);
    const own = (flags) => async () => withoutErrors(await load({ ...flags, ...options }, roots));
    const results = await rounds(pick(1, 3, 5), {
      'Cartulary, cached': own({ url: `${publicUrl}/ocsp/{line}`, lines: await certificates.gets() }),
      'Cartulary, a signature each (nonce)': own({ url: `${publicUrl}/ocsp`, ...posts }),
      'openssl ocsp, a signature each': () => ask(options),
    });
    const rate = ({ rate: each }) => each;
    const rows = Object.entries(results).map(([name, some]) => [
      ...[name, spread(some.map(rate)), spread(some.map(({ latency }) => latency.p99))],
      spread(some.map(({ cpuPerOperation }) => cpuPerOperation)),
      ratio(some.map(rate), results['openssl ocsp, a signature each'].map(rate)),
    ]);
    report.table('OCSP at 8 connections', ['who', 'answers/s', 'p99 ms', 'CPU ms each', '× openssl ocsp'], rows);
  } finally {
    await server.stop();
  }
};
