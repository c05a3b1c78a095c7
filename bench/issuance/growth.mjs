import { oneCore } from '../lib/openssl.mjs';
import { fill } from '../lib/synthetic.mjs';
import { rounds } from '../lib/rounds.mjs';
import { spread } from '../lib/statistics.mjs';

/** What a certificate costs with so many stored already: scaled to a machine where verify + sign is 0.10 ms. */
export const growth = async (report, { certificates, url, issuer, pick }) => {
  const sizes = pick([0, 2_000], [0, 50_000, 200_000], [0, 100_000, 300_000, 1_000_000]);
  const options = { connections: 64, seconds: pick(1, 3, 8), warmUp: 1 };
  const [cost, rate] = [[], []];
  let stored = 0;
  for (const size of sizes) {
    if (size > stored) {
      await fill({
        url,
        issuerId: issuer.issuerId,
        certificate: issuer.certificate,
        kind: 'issued',
        from: stored,
        to: size,
      });
    }
    stored = size;
    const results = await rounds(pick(1, 3), { limit: () => oneCore(1), issued: () => certificates.single(options) });
    const scale = results.limit.map(({ perCertificate }) => (0.1 * perCertificate) / 1_000);
    cost.push({
      x: size,
      ...spread(results.issued.map(({ cpuPerOperation }, round) => cpuPerOperation * scale[round])),
    });
    rate.push({ x: size, ...spread(results.issued.map(({ rate: each }) => each)) });
  }
  const x = 'certificates stored before';
  report.series('issuance-growth', {
    ...{ title: 'CPU per certificate as the ledger grows', x, y: 'ms, where verify + sign is 0.10 ms' },
    lines: [{ name: 'all processes', points: cost }],
  });
  report.table(
    'Rate as the ledger grows',
    [x, 'certificates/s'],
    rate.map((point) => [point.x, point]),
  );
};
