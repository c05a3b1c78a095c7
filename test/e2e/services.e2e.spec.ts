import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamTrustResponse } from '@cartulary/contracts';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { restOf } from '../support/enrol.js';
import { Received } from '../support/grpc/received.js';
import { GrpcWorld } from '../support/grpc/world.js';

const spiffe = (name: string, namespace = 'photo'): string => `spiffe://cluster.local/ns/${namespace}/sa/${name}`;
const [front, back] = [spiffe('frontend'), spiffe('backend')];
const backend = { namespace: 'photo', name: 'backend', runs: [back], callers: [front] };

let database: TestDatabase;
let world: GrpcWorld;
let admin: GrpcWorld['admin'];
beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  world = await GrpcWorld.start(database);
  admin = world.admin;
});
afterAll(async () => {
  await world?.dispose();
  await database?.drop();
});

const as = async (role: string, namespaces?: string[]): Promise<ReturnType<typeof restOf>> => {
  const body = { name: `test ${role}`, role, ttl: '1h', ...(namespaces ? { namespaces } : {}) };
  const { token } = (await admin.post('/v1/tokens', body).expect(201)).body as { token: string };
  return restOf(world.service, { token });
};

describe('services', () => {
  it('are defined, shown, replaced and retired, each an event', async () => {
    const defined = await admin.post('/v1/services', { ...backend, port: 8443 }).expect(201);
    expect(defined.body).toMatchObject({ ...backend, port: 8443, enforced: true, mutualTls: 'strict' });
    const shown = await admin.get('/v1/services/photo/backend').expect(200);
    expect(shown.body).toEqual(defined.body);
    await admin.post('/v1/services', { ...backend, enforced: false }).expect(201);
    const { body } = await admin.get('/v1/services/photo/backend').expect(200);
    expect(body).toMatchObject({ enforced: false });
    expect(body).not.toHaveProperty('port');
    await admin.delete('/v1/services/photo/backend').expect(200);
    expect((await admin.get('/v1/services/photo/backend').expect(404)).body.code).toBe('SERVICE_NOT_FOUND');
    expect((await admin.delete('/v1/services/photo/backend').expect(404)).body.code).toBe('SERVICE_NOT_FOUND');
    const types = (await world.events()).map(({ type }) => type).filter((type) => type.startsWith('Service'));
    expect(types).toEqual(['ServiceDefined', 'ServiceDefined', 'ServiceRetired']);
  });

  it('take an Idempotency-Key: the same request twice is one event, another under it is refused', async () => {
    const key = randomUUID();
    const define = (body: object) => admin.post('/v1/services', body).set('Idempotency-Key', key);
    const first = await define({ ...backend, name: 'once' }).expect(201);
    expect((await define({ ...backend, name: 'once' }).expect(201)).body).toEqual(first.body);
    expect((await define({ ...backend, name: 'other' })).status).toBe(422);
  });

  it('are listed by namespace and name, a page at a time, whatever comes between', async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      await admin
        .post('/v1/services', { ...backend, namespace: 'pages', name, runs: [spiffe('x', 'pages')] })
        .expect(201);
    }
    const page = async (cursor?: string) =>
      (await admin.get(`/v1/services?namespace=pages&limit=2${cursor ? `&cursor=${cursor}` : ''}`).expect(200)).body;
    await expect.poll(async () => (await admin.get('/v1/services?namespace=pages')).body.services.length).toBe(4);
    const first = await page();
    expect(first.services.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);
    await admin.delete('/v1/services/pages/b').expect(200);
    const second = await page(first.nextCursor);
    expect(second.services.map(({ name }: { name: string }) => name)).toEqual(['c', 'd']);
    expect(second.nextCursor).toBeUndefined();
    await admin.get('/v1/services?cursor=bm9uc2Vuc2U').expect(400);
  });

  it.each([
    ['nobody who runs it', { runs: [] }, 400],
    ['somebody of another namespace who runs it', { runs: [spiffe('backend', 'bank')] }, 400],
    ['an operator who runs it', { runs: ['spiffe://cluster.local/cartulary/operator/ann'] }, 400],
    ['somebody of another trust domain who calls it', { callers: ['spiffe://evil.org/ns/photo/sa/frontend'] }, 400],
    ['a caller that is a pattern', { callers: ['spiffe://cluster.local/ns/photo/sa/*'] }, 400],
    ['a name with a dot', { name: 'back.end' }, 400],
    ['a name in capitals', { name: 'Backend' }, 400],
    ['a namespace with a slash', { namespace: '../photo' }, 400],
    ['port 0', { port: 0 }, 400],
    ['a member that is not known', { paths: ['/admin'] }, 400],
    ['2 000 callers', { callers: Array.from({ length: 2_000 }, (_, index) => spiffe(`c${index}`)) }, 400],
  ])('are refused with %s, and nothing is appended', async (_, wrong, status) => {
    const before = (await world.events()).length;
    const { body } = await admin.post('/v1/services', { ...backend, ...wrong }).expect(status);
    expect(body.type).toContain('/problems/');
    expect((await world.events()).length).toBe(before);
  });
});

describe('who may rule', () => {
  it('a team its namespaces’ services, and no others’', async () => {
    const team = await as('operator', ['photo']);
    await team.post('/v1/services', { ...backend, callers: [spiffe('cart', 'shop')] }).expect(201);
    await team.post('/v1/services', { ...backend, namespace: 'bank', runs: [spiffe('x', 'bank')] }).expect(403);
    await team.get('/v1/services/bank/backend').expect(403);
    await team.delete('/v1/services/bank/backend').expect(403);
    await admin.post('/v1/services', { ...backend, namespace: 'bank', runs: [spiffe('x', 'bank')] }).expect(201);
    await expect.poll(async () => (await admin.get('/v1/services?namespace=bank')).body.services.length).toBe(1);
    const { body } = await team.get('/v1/services').expect(200);
    expect(new Set(body.services.map(({ namespace }: { namespace: string }) => namespace))).toEqual(new Set(['photo']));
  });
  it('the mesh’s mutual TLS is for administrators of all of it', async () => {
    const [team, operator, some] = [
      await as('operator', ['photo']),
      await as('operator'),
      await as('admin', ['photo']),
    ];
    for (const one of [team, operator, some]) await one.post('/v1/mutual-tls', { mode: 'disabled' }).expect(403);
    for (const one of [team, operator, some]) await one.delete('/v1/mutual-tls').expect(403);
    await team.post('/v1/mutual-tls', { namespace: 'bank', mode: 'disabled' }).expect(403);
    await team.post('/v1/mutual-tls', { identity: spiffe('x', 'bank'), mode: 'disabled' }).expect(403);
    await team.post('/v1/mutual-tls', { namespace: 'photo', mode: 'permissive' }).expect(201);
    await team.delete('/v1/mutual-tls?namespace=photo').expect(200);
  });
  it('who only looks, changes nothing, and an issuer does not even look', async () => {
    const [auditor, issuer] = [await as('auditor'), await as('issuer')];
    await auditor.get('/v1/services').expect(200);
    await auditor.get('/v1/mutual-tls').expect(200);
    await auditor.post('/v1/services', backend).expect(403);
    await issuer.get('/v1/services').expect(403);
  });
});

describe('mutual TLS', () => {
  it('is set and taken back, and what is wrong with a scope is said', async () => {
    const set = await admin.post('/v1/mutual-tls', { identity: back, port: 9090, mode: 'disabled' }).expect(201);
    expect(set.body).toMatchObject({ identity: back, port: 9090, mode: 'disabled' });
    await expect
      .poll(async () => (await admin.get('/v1/mutual-tls')).body.mutualTls)
      .toMatchObject([{ identity: back, port: 9090, mode: 'disabled' }]);
    const gone = await admin.delete(`/v1/mutual-tls?identity=${encodeURIComponent(back)}&port=9090`).expect(200);
    expect(gone.body).toEqual({ identity: back, port: 9090 });
    await admin.post('/v1/mutual-tls', { port: 9090, mode: 'strict' }).expect(400);
    await admin.post('/v1/mutual-tls', { namespace: 'photo', identity: back, mode: 'strict' }).expect(400);
    await admin.post('/v1/mutual-tls', { mode: 'lenient' }).expect(400);
  });
});

describe('what an agent is told', () => {
  const rulesIn = ({ services }: StreamTrustResponse) => services?.rules;
  const named = (name: string) => (message: StreamTrustResponse) =>
    rulesIn(message)?.some(({ service }) => service === name) === true;

  // Of a namespace that no other test here has rules for.
  const [front, back, store] = [spiffe('frontend', 'told'), spiffe('backend', 'told'), spiffe('datastore', 'told')];
  const backend = { namespace: 'told', name: 'backend', runs: [back], callers: [front] };

  it('is the rules of what its identities run or may call, at once, and no others', async () => {
    await world.place(front, 'node-front');
    await world.place(store, 'node-store');
    const [near, far] = [await world.agent('node-front'), await world.agent('node-store')];
    const told = new Received(near.client.streamTrust());
    const elsewhere = new Received(far.client.streamTrust());
    const whole = await told.one(({ complete }) => complete);
    await elsewhere.one(({ complete }) => complete);
    expect(told.messages.flatMap((message) => rulesIn(message) ?? [])).toEqual([]);

    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const enforced = round % 2 === 0;
      const started = performance.now();
      await admin.post('/v1/services', { ...backend, enforced }).expect(201);
      const answered = performance.now();
      await told.one((message) => rulesIn(message)?.[0]?.enforced === enforced && message !== whole);
      times.push(Math.max(0, performance.now() - answered));
      expect(performance.now() - started).toBeLessThan(10_000);
      told.messages.length = 0;
    }
    times.sort((one, other) => one - other);
    process.stdout.write(
      `rule answered → told to an agent: p50 ${times[10]!.toFixed(0)}, most ${times[19]!.toFixed(0)} ms\n`,
    );

    await admin.post('/v1/mutual-tls', { identity: back, mode: 'permissive' }).expect(201);
    const changed = await told.one((message) => rulesIn(message)?.[0]?.mode === 'MODE_PERMISSIVE');
    expect(rulesIn(changed)).toEqual([
      { service: 'backend.told', runs: [back], callers: [front], mode: 'MODE_PERMISSIVE', enforced: false },
    ]);

    // It comes to be concerned by what is placed on it.
    expect(elsewhere.messages.flatMap((message) => rulesIn(message) ?? [])).toEqual([]);
    await world.place(back, 'node-store');
    expect(rulesIn(await elsewhere.one(named('backend.told')))).toHaveLength(1);
    told.messages.length = 0;
    await admin.delete('/v1/services/told/backend').expect(200);
    expect(rulesIn(await told.one((message) => rulesIn(message) !== undefined))).toEqual([]);
    told.cancel();
    elsewhere.cancel();
  });
});
