import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { StandaloneProcess } from '@cartulary/testing';
import { firstOperator, makeRequest, restOf } from '../support/enrol.js';
import { issuersOf } from '../support/faults/collect.js';
import { RelyingParty } from '../support/faults/relying-party.js';

const cli = fileURLToPath(new URL('../../apps/cli/dist/main.js', import.meta.url));
const identity = (namespace: string): string => `spiffe://cluster.local/ns/${namespace}/sa/cart`;
const PATIENCE = { timeout: 60_000, interval: 100 };

let database: TestDatabase;
let service: StandaloneProcess;
let rest: ReturnType<typeof restOf>;

beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  service = await StandaloneProcess.start({ databaseUrl: database.ownerUrl, env: { CARTULARY_CLOCK_SKEW: '0s' } });
  rest = restOf(service, firstOperator(service));
});
afterAll(async () => {
  await service?.dispose();
  await database?.drop();
});

const cartulary = async (...args: readonly string[]): Promise<{ code: number; out: string }> => {
  const child = spawn(process.execPath, [cli, ...args, '--data', service.dataDirectory], {
    env: { ...process.env, CARTULARY_URL: service.restUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out };
};
const request = async (who: typeof rest, namespace: string, body: object = {}) => {
  const { csr } = await makeRequest();
  return who.post('/v1/certificates', { csr, identity: identity(namespace), ...body });
};
const issue = async (who: typeof rest, namespace: string, body: object = {}): Promise<string> => {
  const answer = await request(who, namespace, body);
  expect(answer.status).toBe(201);
  return (answer.body as { serial: string }).serial;
};
const tokenOf = async (who: typeof rest, name: string) => {
  const { body } = await who.post('/v1/tokens', { name, role: 'issuer', ttl: '1h' }).expect(201);
  return restOf(service, { token: (body as { token: string }).token });
};

it('takes a lost machine’s certificates out, with all that was asked for by what ran on it', async () => {
  // An operator whose key lay on the machine, and what was asked for with it.
  const grace = 'spiffe://cluster.local/cartulary/operator/grace';
  await rest.post('/v1/identities', { id: grace, grant: { role: 'admin' } }).expect(201);
  const { csr, key } = await makeRequest();
  const body = { csr, identity: grace, profile: 'operator', node: 'node-7' };
  const { body: hers } = await rest.post('/v1/certificates', body).expect(201);
  const {
    serial: stolen,
    chain,
    certificate,
  } = hers as { serial: string; chain: string[] | string; certificate: string };
  const cert = [certificate, ...[chain].flat()].join('\n');
  const thief = restOf(service, { key: key.export({ type: 'pkcs8', format: 'pem' }) as string, cert });
  const byToken = await tokenOf(thief, 'thief');
  const hit = [
    stolen,
    await issue(rest, 'shop', { node: 'node-7' }),
    await issue(thief, 'bank'),
    await issue(byToken, 'bank', { node: 'node-9' }),
  ];
  const clean = await issue(rest, 'bank', { node: 'node-8' });

  const seen = async () => {
    const answer = await rest.post('/v1/incidents', {
      selector: { node: 'node-7' },
      reason: 'keyCompromise',
      dryRun: true,
    });
    return (answer.body as { preview: { hit: number } }).preview;
  };
  await expect.poll(async () => (await seen()).hit, PATIENCE).toBe(hit.length);
  expect(await seen()).toMatchObject({ live: 4, descendants: 2, system: 1, tokens: 1, identityCount: 3 });
  const shown = await cartulary('incident', 'declare', '--node', 'node-7', '--reason', 'keyCompromise', '--dry-run');
  expect(shown).toMatchObject({ code: 0, out: expect.stringMatching(/hit +4\nlive +4\n/) });

  const declared = await cartulary(
    ...[
      'incident',
      'declare',
      '--node',
      'node-7',
      '--reason',
      'keyCompromise',
      '--comment',
      'rooted',
      '--yes',
      '--json',
    ],
  );
  expect(declared.code).toBe(0);
  const incident = JSON.parse(declared.out) as { incidentId: string };
  expect(incident).toMatchObject({
    ...{ status: 'contained', comment: 'rooted' },
    progress: { hit: 4, revoked: 4, alreadyRevoked: 0, expired: 0, remaining: 0 },
  });

  // None of them is a credential any more, nor is what was made with one.
  await thief.get('/v1/whoami').expect(401);
  await byToken.get('/v1/whoami').expect(401);
  // The machine gets nothing until it is attested afresh or the incident is closed; others get what they ask for.
  const refused = await request(rest, 'shop', { node: 'node-7' });
  expect(refused).toMatchObject({ status: 409, body: { code: 'INCIDENT_GATE_CLOSED' } });
  await issue(rest, 'shop', { node: 'node-8' });
  await issue(await tokenOf(rest, 'attested'), 'shop', { node: 'node-7' });

  // Relying parties hear of it.
  const party = new RelyingParty(service.publicUrl);
  const workload = [...(await issuersOf(service)).values()].find(({ purpose }) => purpose === 'workload')!;
  const workloads = hit.slice(1);
  await expect
    .poll(async () => Object.keys((await party.crl(workload)).entries).sort(), PATIENCE)
    .toEqual([...workloads].sort());
  for (const serial of workloads) {
    await expect.poll(async () => (await party.ocsp(serial, workload))?.says, PATIENCE).toBe('revoked');
  }
  expect((await party.ocsp(clean, workload))?.says).toBe('good');
  await party.close();

  expect((await cartulary('incident', 'list', '--status', 'open')).out).toContain(incident.incidentId);
  const closed = await cartulary('incident', 'close', incident.incidentId, '--comment', 'reinstalled');
  expect(closed).toMatchObject({ code: 0, out: expect.stringContaining('4 of 4 revoked') });
  await issue(rest, 'shop', { node: 'node-7' });
  const { body: end } = await rest.get(`/v1/incidents/${incident.incidentId}`).expect(200);
  expect(end).toMatchObject({ status: 'closed', selector: { node: 'node-7' }, closedAt: expect.any(String) });
});

it('is for administrators of everything, and takes what is well formed alone', async () => {
  const refused = async (who: typeof rest, body: object, status: number, code: string) =>
    expect(await who.post('/v1/incidents', body)).toMatchObject({ status, body: { code } });
  const incident = { selector: { namespace: 'shop' }, reason: 'keyCompromise' };
  await refused(await tokenOf(rest, 'issuer'), incident, 403, 'FORBIDDEN');
  await refused(rest, { ...incident, selector: {} }, 400, 'INVALID_REQUEST');
  await refused(rest, { ...incident, selector: { pod: 'x' } }, 400, 'INVALID_REQUEST');
  await refused(rest, { ...incident, reason: 'certificateHold' }, 400, 'INVALID_REQUEST');
  const serials = Array.from({ length: 1_001 }, (_, n) => (n + 1).toString(16).padStart(6, '0'));
  await refused(rest, { ...incident, selector: { serials } }, 400, 'INVALID_REQUEST');
  await refused(rest, { ...incident, selector: { serials: ['01ff'] } }, 404, 'CERTIFICATE_NOT_FOUND');
  const { body: self } = await rest.get('/v1/whoami').expect(200);
  const own = (self as { credential: string }).credential.replace('certificate:', '');
  await refused(rest, { ...incident, selector: { serials: [own] } }, 409, 'INCIDENT_HITS_CALLER');
  expect((await rest.get('/v1/incidents/i00000000000')).body).toMatchObject({ code: 'INCIDENT_NOT_FOUND' });
});
