import { RESPONDER, REVOCATION, ISSUANCE } from '../lib/names.mjs';
import { workloadIssuer } from '../lib/issuers.mjs';
import { Place } from '../lib/place.mjs';
import { ratio, spread } from '../lib/statistics.mjs';
import { fill } from '../lib/synthetic.mjs';
import { revokeOneByOne } from './revoke.mjs';
import { partCost } from './part.mjs';

const SMALL = 1_000;
const SERVED = 100_000;

/** Revocations with 1 000 to 1 000 000 entries in the CRL already, by the services as they run. */
export const measure = async (report, { pick }) => {
  const sizes = pick([100, 1_000], [SMALL, 10_000, SERVED, 1_000_000]);
  const place = await Place.open();
  try {
    const later = [REVOCATION, RESPONDER];
    const { cluster, ledger, owner, url } = await place.services({ replicas: [ISSUANCE], later });
    const issuer = await workloadIssuer(ledger);
    let services = [];
    let entries = 0;
    const results = [];
    for (const size of sizes) {
      // A publisher that runs meanwhile would sign a hundred CRLs while these are filled in.
      for (const service of services) await service.stop();
      const rate = await fill({ url, issuerId: issuer.issuerId, kind: 'revoked', from: entries, to: size });
      entries = size;
      report.say(`${size} entries, filled in at ${Math.round(rate)}/s`);
      if (services.length > 0) for (const service of services) await service.restart();
      else for (const one of later) services.push((await cluster.add(...one)).process);
      const count = size === SERVED ? pick(5, 100, 200) : pick(3, 12, 30);
      results.push({ size, ...(await revokeOneByOne({ place, cluster, owner, issuer, count, entries })) });
    }
    tell(report, results, pick);
    await partCost(report, issuer, pick);
  } finally {
    await place.close();
  }
};

const withoutHash = ({ committedToSigned, hashed }) =>
  committedToSigned.map((ms, round) => Math.max(0, ms - hashed[round]));

const tell = (report, results, pick) => {
  const columns = [
    'entries',
    'MB',
    'committed → signed ms',
    'accepted → served p50 ms',
    '… p99 ms',
    'sha256sum ms',
    'one hash pass ms',
    'publisher’s CPU ms each',
  ];
  const rows = results.map(({ size, bytes, committedToSigned, served, sha256sum, hashed, cpu }) => [
    ...[size, bytes / 1e6, spread(committedToSigned), served.p50, served.p99, spread(sha256sum), spread(hashed), cpu],
  ]);
  report.table('One revocation after another', columns, rows);
  const line = (name, value) => ({ name, points: results.map((one) => ({ x: one.size, ...value(one) })) });
  report.series('crl-growth', {
    ...{ title: 'From a revocation committed to its CRL signed', x: 'entries in the CRL', y: 'ms' },
    lines: [
      line('committed → signed', ({ committedToSigned }) => spread(committedToSigned)),
      line('sha256sum of the CRL', ({ sha256sum }) => spread(sha256sum)),
      line('without one hash pass', (one) => spread(withoutHash(one))),
    ],
  });
  const [small, large] = [results[0], results.at(-1)];
  const of = ({ size }) => (pick(true, false) ? ` (at ${size} entries: too few to judge)` : '');
  report.goal(
    'crl-million',
    ratio(large.committedToSigned, large.sha256sum),
    `between the commits of CertificateRevoked and CrlPublished${of(large)}`,
  );
  const [few, many] = [small, large].map((one) => spread(withoutHash(one)).value);
  report.goal(
    'crl-growth',
    many / few,
    `${few.toFixed(1)} ms and ${many.toFixed(1)} ms, medians less one pass of SHA-256 over the bytes`,
  );
  const served = results.find(({ size }) => size === SERVED) ?? large;
  report.goal(
    'revocation-crl',
    served.served.p99,
    `of ${served.served.count} revocations, each fetched over HTTP${of(served)}`,
  );
};
