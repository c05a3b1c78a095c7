import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from '../lib/api.mjs';
import { cpuSince, cpuTimes, total } from '../lib/cpu.mjs';
import { workloadIssuer } from '../lib/issuers.mjs';
import { ISSUANCE, RESPONDER, REVOCATION } from '../lib/names.mjs';
import { Place } from '../lib/place.mjs';
import { ServedCrl } from '../lib/served-crl.mjs';
import { startUntilReady } from '../lib/starting.mjs';
import { spread } from '../lib/statistics.mjs';
import { fill } from '../lib/synthetic.mjs';

const ROUTE = '/v1/incidents';
const NAMESPACE = 'hit';
const PATIENCE_MS = 300_000;
const request = { selector: { namespace: NAMESPACE }, reason: 'keyCompromise' };

/** A namespace of 100 000 certificates is compromised, among as many that are not. */
export const measure = async (report, { pick }) => {
  const count = pick(500, 100_000);
  const place = await Place.open();
  try {
    const { cluster, ledger, url } = await place.services({ replicas: [ISSUANCE], later: [REVOCATION, RESPONDER] });
    const issuer = await workloadIssuer(ledger);
    const { process } = await startUntilReady(cluster, REVOCATION);
    const api = new Api(cluster, process);
    const { status } = await api.call('POST', ROUTE, { ...request, dryRun: true });
    if (status === 404) return missing(report, `POST ${ROUTE} is missing: this version has no such route`);
    await process.stop();
    const common = { url, issuerId: issuer.issuerId, certificate: issuer.certificate, kind: 'issued' };
    await fill({ ...common, namespace: NAMESPACE, from: 0, to: count });
    await fill({ ...common, from: count, to: 2 * count });
    await process.restart();
    const responder = await startUntilReady(cluster, RESPONDER);
    const crl = new ServedCrl(`${responder.process.publicUrl}/crl/${issuer.issuerId}.crl`);
    await dryRuns(report, { api, count, pick });
    await declare(report, { api, crl, count, place, cluster });
    api.close();
  } finally {
    await place.close();
  }
};

const missing = (report, reason) => {
  report.missing('incident-dry-run', reason);
  report.missing('incident-published', reason);
};

const expectStatus = ({ status, body }, ...wanted) => {
  if (wanted.includes(status)) return body;
  throw new Error(`${ROUTE} answered ${status}: ${JSON.stringify(body)}`);
};

const dryRuns = async (report, { api, count, pick }) => {
  const dryRun = async () => expectStatus(await api.call('POST', ROUTE, { ...request, dryRun: true }), 200, 201, 503);
  const deadline = performance.now() + PATIENCE_MS;
  // What it is answered from may still be behind.
  for (let hit = -1; hit !== count; hit = (await dryRun()).preview?.hit) {
    if (performance.now() > deadline) throw new Error(`the dry run says that ${hit} would be hit, not ${count}`);
    await sleep(100);
  }
  const times = [];
  for (let round = 0; round < pick(1, 5); round++) {
    const begun = performance.now();
    await dryRun();
    times.push((performance.now() - begun) / 1_000);
  }
  report.goal('incident-dry-run', spread(times), `${count} hit of ${2 * count}`);
};

const declare = async (report, { api, crl, count, place, cluster }) => {
  const roots = place.roots(cluster);
  const before = cpuTimes(roots);
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1_000;
  const { incident } = expectStatus(await api.call('POST', ROUTE, request), 201);
  const declared = elapsed();
  const points = [{ x: 0, value: 0 }];
  for (;;) {
    const { status, progress } = expectStatus(await api.call('GET', `${ROUTE}/${incident.incidentId}`), 200);
    points.push({ x: elapsed(), value: progress.revoked });
    if (status === 'contained' || status === 'closed') break;
    if (elapsed() * 1_000 > PATIENCE_MS)
      throw new Error(`incident ${incident.incidentId} is not contained: ${JSON.stringify(progress)}`);
    await sleep(50);
  }
  const contained = elapsed();
  await crl.untilLarge(count);
  const published = elapsed();
  const { value: revoked } = points.at(-1);
  if (revoked !== count) throw new Error(`${revoked} were revoked, not ${count}`);
  const cpu = total(cpuSince(before, roots));
  report.goal(
    'incident-published',
    published,
    `${count} of ${2 * count}: revoked after ${contained.toFixed(1)} s, then in the served CRL`,
  );
  const columns = [
    'certificates',
    'declared s',
    'all revoked s',
    'in the served CRL s',
    'revocations/s',
    'CPU ms each',
  ];
  report.table('A namespace', columns, [[count, declared, contained, published, count / contained, cpu / count]]);
  const thinned = points.filter(
    (_, index) => index % Math.ceil(points.length / 40) === 0 || index === points.length - 1,
  );
  report.series('incident-progress', {
    ...{ title: 'An incident’s progress', x: 's since it was declared', y: 'certificates revoked' },
    lines: [{ name: 'revoked', points: thinned }],
  });
};
