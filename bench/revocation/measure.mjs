import { KafkaMissingError, percentile, POLL_MS, revocationLatency } from '@cartulary/testing';
import { INVENTORY, ISSUANCE, RESPONDER, REVOCATION, ROTATION, TRUST_DOMAIN } from '../lib/names.mjs';
import { Place } from '../lib/place.mjs';

const usual = [
  ISSUANCE,
  ISSUANCE,
  REVOCATION,
  REVOCATION,
  ROTATION,
  RESPONDER,
  ['responder', 'responder-b'],
  INVENTORY,
];
const more = [
  ['responder', 'responder-c'],
  ['responder', 'responder-d'],
];

/** Certificates revoked one after another while each responder is asked about them, over a real Kafka. */
export const measure = async (report, { pick }) => {
  const place = await Place.open();
  try {
    const { cluster } = await place.services({ kafka: true, replicas: usual, later: more });
    const run = (count) => revocationLatency({ cluster, trustDomain: TRUST_DOMAIN, count });
    // Connections and compiled code, the broker's too: what a system that has run for a minute has.
    await run(pick(2, 100));
    const results = [{ responders: 2, latencies: await run(pick(10, 200, 1_000)) }];
    for (const responder of more) await cluster.add(...responder);
    results.push({ responders: 4, latencies: await run(pick(3, 60, 300)) });
    tell(report, results);
  } catch (error) {
    if (!(error instanceof KafkaMissingError)) throw error;
    report.missing('revocation-ocsp', `no Kafka here: ${error.message}`);
  } finally {
    await place.close();
  }
};

const tell = (report, results) => {
  const rows = results.flatMap(({ responders, latencies }) =>
    latencies.map((samples, index) => [
      `${'abcd'[index]} of ${responders}`,
      ...[0.5, 0.9, 0.99, 1].map((share) => percentile(samples, share)),
      samples.length,
    ]),
  );
  report.table(
    'From the acknowledgement until a responder says revoked',
    ['responder', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms', 'revocations'],
    rows,
  );
  report.note(
    `Each responder is asked by OCSP again ${POLL_MS} ms after its last answer; the answer’s way is in the figure.`,
  );
  const line = (name, share) => ({
    name,
    points: results.map(({ responders, latencies }) => ({ x: responders, value: percentile(latencies.flat(), share) })),
  });
  report.series('revocation-responders', {
    ...{ title: 'Until all responders know', x: 'responders', y: 'ms' },
    lines: [line('p50', 0.5), line('p99', 0.99)],
  });
  const [{ latencies }] = results;
  report.goal(
    'revocation-ocsp',
    percentile(latencies.flat(), 0.99),
    `${latencies.flat().length} answers of 2 responders, Kafka on the same machine`,
  );
};
