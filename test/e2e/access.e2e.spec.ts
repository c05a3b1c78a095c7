import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandPath, routes } from '@cartulary/contracts';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { StandaloneProcess } from '@cartulary/testing';
import { firstOperator, type Identification, keyPem, makeRequest, restOf } from '../support/enrol.js';

const managed = Object.values(routes).filter(({ side }) => side === 'management');
const operatorId = (name: string): string => `spiffe://cluster.local/cartulary/operator/${name}`;
const workloadId = (namespace: string, name: string): string => `spiffe://cluster.local/ns/${namespace}/sa/${name}`;

let database: TestDatabase;
let service: StandaloneProcess;
let admin: ReturnType<typeof restOf>;

beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  service = await StandaloneProcess.start({ databaseUrl: database.ownerUrl });
  admin = restOf(service, firstOperator(service));
});
afterAll(async () => {
  await service?.dispose();
  await database?.drop();
});

const enrolOperator = async (name: string, grant: object): Promise<Identification & { serial: string }> => {
  const id = operatorId(name);
  await admin.post('/v1/identities', { id, grant }).expect(201);
  const { csr, key } = await makeRequest();
  const { body } = await admin.post('/v1/certificates', { csr, identity: id, profile: 'operator' }).expect(201);
  return { key: keyPem(key), cert: body.certificate + body.chain, serial: body.serial };
};

const tokenFor = async (role: string, namespaces?: string[]): Promise<{ token: string; tokenId: string }> => {
  const body = { name: `test ${role}`, role, ttl: '1h', ...(namespaces ? { namespaces } : {}) };
  return (await admin.post('/v1/tokens', body).expect(201)).body;
};

/** Status codes of GET /v1/whoami, all over one connection. */
const overOneConnection = ({ key, cert }: Identification) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, key, cert, ca: service.read('root.crt') });
  const sockets = new Set<unknown>();
  const ask = (): Promise<{ status: number; code: string | undefined }> =>
    new Promise((resolve, reject) => {
      const outgoing = request(new URL('/v1/whoami', service.restUrl), { agent }, (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, code: JSON.parse(text).code }));
      });
      outgoing.on('socket', (socket) => sockets.add(socket));
      outgoing.on('error', reject).end();
    });
  return { ask, connections: () => sockets.size, close: () => agent.destroy() };
};

describe('every route', () => {
  it.each(
    managed.filter(({ permission }) => permission !== 'public').map((route) => [route.operationId, route] as const),
  )('%s is closed to strangers', async (_, route) => {
    // Strangers are refused before anybody looks at what they ask for.
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    const path = expandPath(route.path, Object.fromEntries(names.map((name) => [name, '01'.repeat(17)])));
    const method = route.method.toLowerCase() as 'get' | 'post' | 'delete';
    const { status, body } = await restOf(service)[method](path);
    expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('is described by the OpenAPI document that lies in docs', async () => {
    const { body } = await restOf(service).get('/openapi.json').expect(200);
    expect(body).toEqual(JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')));
  });

  it('answers what does not exist with a problem', async () => {
    const { body, headers } = await admin.get('/v1/nothing').expect(404);
    expect(headers['content-type']).toMatch('application/problem+json');
    expect(body).toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });
});

describe('a client certificate', () => {
  it('of the mesh opens no door: its issuer is not trusted here', async () => {
    const { csr, key } = await makeRequest();
    const issued = await admin.post('/v1/certificates', { csr, identity: workloadId('shop', 'cart') }).expect(201);
    const workload = restOf(service, { key: keyPem(key), cert: issued.body.certificate + issued.body.chain });
    expect((await workload.get('/v1/whoami').expect(401)).body.code).toBe('UNAUTHENTICATED');
  });

  it('that is revoked is refused on its next request, on the same connection', async () => {
    const operator = await enrolOperator('fired', { role: 'operator' });
    const connection = overOneConnection(operator);
    expect((await connection.ask()).status).toBe(200);
    await admin.post('/v1/revocations', { serial: operator.serial, reason: 'privilegeWithdrawn' }).expect(201);
    expect(await connection.ask()).toEqual({ status: 401, code: 'CREDENTIAL_REVOKED' });
    expect(connection.connections()).toBe(1);
    connection.close();
  });

  it('that is held is refused until it is released', async () => {
    const operator = await enrolOperator('away', { role: 'operator' });
    const connection = overOneConnection(operator);
    await admin.post('/v1/revocations', { serial: operator.serial, reason: 'certificateHold' }).expect(201);
    expect(await connection.ask()).toEqual({ status: 401, code: 'CREDENTIAL_HELD' });
    await admin.post(`/v1/revocations/${operator.serial}/release`).expect(200);
    expect((await connection.ask()).status).toBe(200);
    connection.close();
  });

  it('of a suspended identity is refused until that is reinstated', async () => {
    const operator = await enrolOperator('suspect', { role: 'operator' });
    const suspension = `/v1/identities/${encodeURIComponent(operatorId('suspect'))}/suspension`;
    const connection = overOneConnection(operator);
    await admin.post(suspension).expect(200);
    expect(await connection.ask()).toEqual({ status: 401, code: 'CREDENTIAL_SUSPENDED' });
    await admin.delete(suspension).expect(200);
    expect((await connection.ask()).status).toBe(200);
    connection.close();
  });
});

describe('a role', () => {
  it('allows what it lists, and nothing else', async () => {
    const auditor = restOf(service, await tokenFor('auditor'));
    await auditor.get('/v1/ledger/events?limit=1').expect(200);
    const { csr } = await makeRequest();
    const refused = await auditor.post('/v1/certificates', { csr, identity: workloadId('shop', 'x') }).expect(403);
    expect(refused.body.code).toBe('FORBIDDEN');
    const issuer = restOf(service, await tokenFor('issuer'));
    await issuer.post('/v1/certificates', { csr, identity: workloadId('shop', 'x') }).expect(201);
    await issuer.post('/v1/revocations', { serial: '01'.repeat(17) }).expect(403);
    await issuer.get('/v1/ledger/events').expect(403);
  });

  it('gives nobody but an administrator a system certificate', async () => {
    const operator = restOf(service, await tokenFor('operator'));
    const { csr } = await makeRequest();
    const body = { csr, identity: operatorId('first'), profile: 'operator' };
    expect((await operator.post('/v1/certificates', body).expect(403)).body.code).toBe('PROFILE_NOT_ALLOWED');
    expect(
      (await operator.post('/v1/identities', { id: operatorId('me'), grant: { role: 'admin' } }).expect(403)).body.code,
    ).toBe('FORBIDDEN');
  });

  it('for some namespaces reaches no other', async () => {
    const team = restOf(service, await tokenFor('operator', ['team-a']));
    const { csr } = await makeRequest();
    const own = await team.post('/v1/certificates', { csr, identity: workloadId('team-a', 'web') }).expect(201);
    const other = await admin
      .post('/v1/certificates', { csr: (await makeRequest()).csr, identity: workloadId('team-b', 'web') })
      .expect(201);
    await team.post('/v1/certificates', { csr, identity: workloadId('team-b', 'web') }).expect(403);
    await team.post('/v1/revocations', { serial: other.body.serial }).expect(403);
    await team.post('/v1/revocations', { keyHash: other.body.keyHash }).expect(403);
    await team.post(`/v1/identities/${encodeURIComponent(workloadId('team-b', 'web'))}/suspension`).expect(403);
    const { body } = await team.get('/v1/certificates').expect(200);
    expect(body.certificates.map(({ serial }: { serial: string }) => serial)).toEqual([own.body.serial]);
    expect((await admin.get(`/v1/certificates/${other.body.serial}`)).body.status).toBe('active');
    await team.post('/v1/revocations', { serial: own.body.serial }).expect(201);
  });
});

describe('a token', () => {
  it('is shown once, lies in the ledger as a hash, and ends when it is revoked', async () => {
    const { token, tokenId } = await tokenFor('auditor');
    const holder = restOf(service, { token });
    expect((await holder.get('/v1/whoami').expect(200)).body).toMatchObject({ kind: 'token', role: 'auditor' });
    const events = await admin.get(`/v1/ledger/events?stream=token-${tokenId}`).expect(200);
    expect(JSON.stringify(events.body)).not.toContain(token.split('_').at(-1));
    expect(JSON.stringify((await admin.get('/v1/tokens')).body)).not.toContain('secretHash');
    await admin.delete(`/v1/tokens/${tokenId}`).expect(200);
    expect((await holder.get('/v1/whoami').expect(401)).body.code).toBe('CREDENTIAL_REVOKED');
    expect(service.log()).not.toContain(token);
  });

  it('that is wrong gets the same answer as one that never was', async () => {
    const { token } = await tokenFor('auditor');
    const wrong = [
      `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
      `ctl_${'z'.repeat(12)}_${'A'.repeat(43)}`,
      'x',
    ];
    const answers = await Promise.all(
      wrong.map((guess) => restOf(service, { token: guess }).get('/v1/whoami').expect(401)),
    );
    const said = answers.map(({ body: { instance: _, ...body } }) => body);
    expect(new Set(said.map((body) => JSON.stringify(body))).size).toBe(1);
  });
});
