import { createPrivateKey, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CanaryMessage, Enforcement } from '@cartulary/contracts';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { certificateFacts, derChainToPem, parseCrl } from '@cartulary/x509';
import { keyPem, makeRequest, restOf } from '../support/enrol.js';
import { Received } from '../support/grpc/received.js';
import { cart, GrpcWorld } from '../support/grpc/world.js';

let database: TestDatabase;
let world: GrpcWorld;
beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  world = await GrpcWorld.start(database);
});
afterAll(async () => {
  await world?.dispose();
  await database?.drop();
});

const report = async (reference: string | number): Promise<Enforcement> =>
  (await world.admin.get(`/v1/enforcement/${reference}`).expect(200)).body as Enforcement;
const issued = async (): Promise<{ serial: string; issuerId: string }> => {
  const { csr } = await makeRequest();
  return (await world.admin.post('/v1/certificates', { csr, identity: cart }).expect(201)).body;
};
const why = ({ stragglers }: Enforcement, node: string): string[] =>
  stragglers.filter((one) => one.node === node).map((one) => one.why);

describe('the enforcement of a revocation', () => {
  it('is told of each proxy: delivered, enforced, refused, silent, away', async () => {
    const [one, two, three] = [await world.agent('node-1'), await world.agent('node-2'), await world.agent('node-3')];
    const streams = [one, two, three].map(({ client }) => new Received(client.streamTrust()));
    for (const stream of streams) await stream.one(({ complete }) => complete);
    const { serial, issuerId } = await issued();
    expect((await world.admin.get(`/v1/enforcement/${serial}`).expect(409)).body.code).toBe('CERTIFICATE_NOT_REVOKED');
    await world.admin.post('/v1/revocations', { serial, reason: 'keyCompromise' }).expect(201);

    await expect.poll(async () => (await report(serial)).nodes).toEqual({ known: 3, present: 3 });
    const before = await report(serial);
    expect(before).toMatchObject({ serial, issuerId, proxies: 0, delivered: { proxies: 0 } });
    expect(why(before, 'node-1')).toEqual(['not-delivered']);

    const { crls = [] } = await streams[0]!.one(({ crls: some = [] }) =>
      some.some((crl) => crl.issuerId === issuerId && crl.number >= before.number),
    );
    const { number } = crls.find((crl) => crl.issuerId === issuerId)!;
    const said = (context: string, state: string) => ({ issuerId, number, proxy: 'envoy', context, state });
    await one.client.acknowledge([said('inbound', 'STATE_DELIVERED'), said('inbound', 'STATE_ENFORCED')]);
    await two.client.acknowledge([said('inbound', 'STATE_DELIVERED'), said('outbound', 'STATE_REJECTED')]);
    const after = await report(serial);
    expect(after).toMatchObject({ proxies: 2, delivered: { proxies: 1 }, enforced: { proxies: 1 } });
    expect(after.enforced.p99).toBeGreaterThan(0);
    expect(after.enforced.p99).toBeLessThan(60_000);
    expect([why(after, 'node-1'), why(after, 'node-2'), why(after, 'node-3')]).toEqual([
      [],
      ['not-enforced', 'rejected'],
      ['not-delivered'],
    ]);
    // The same by the CRL's number; and what is older was enforced with it.
    expect((await report(number)).enforced.proxies).toBe(1);
    streams[0]!.cancel();
    await expect.poll(async () => why(await report(serial), 'node-1'), { timeout: 5_000 }).toEqual(['away']);
    expect((await report(serial)).enforced.proxies).toBe(1);
    const again = new Received(one.client.streamTrust());
    await again.one(({ complete }) => complete);
    await expect.poll(async () => why(await report(serial), 'node-1')).toEqual([]);
    [again, ...streams.slice(1)].forEach((stream) => stream.cancel());
  });

  it('remembers when an older CRL was enforced, though a newer one is', async () => {
    const { client } = await world.agent('node-4');
    const { issuerId } = await issued();
    const { body } = await world.admin.get('/v1/publications?limit=50').expect(200);
    const [older] = (body.publications as { issuerId: string; number: number }[])
      .filter((one) => one.issuerId === issuerId)
      .sort((a, b) => a.number - b.number);
    const state = { issuerId, proxy: 'old', context: 'inbound', state: 'STATE_ENFORCED' };
    await client.acknowledge([{ ...state, number: older!.number }]);
    const first = await report(older!.number);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await client.acknowledge([{ ...state, number: older!.number + 1_000 }]);
    await client.acknowledge([{ ...state, number: older!.number - 1 }]);
    expect((await report(older!.number)).enforced).toEqual(first.enforced);
  });

  it('gives agents that ask for it a canary with each CRL, which is revoked from birth and of nobody', async () => {
    const [asks, asksNot] = [await world.agent('node-5'), await world.agent('node-6')];
    const quiet = new Received(asksNot.client.streamTrust());
    await quiet.one(({ complete }) => complete);
    const stream = new Received(asks.client.streamTrust({ canaries: true }));
    const { canaries = [] } = await stream.one(({ canaries: some = [] }) => some.length > 0);
    const [{ issuerId, number, chain, privateKey }] = canaries as [CanaryMessage];
    // Behind a CRL that lists it.
    const place = stream.messages.findIndex((message) => message.canaries?.length);
    const crls = stream.messages.slice(0, place).flatMap((message) => message.crls ?? []);
    const crl = crls.filter((one) => one.issuerId === issuerId).at(-1)!;
    expect(crl.number).toBeGreaterThanOrEqual(number);
    const { serial, spki } = certificateFacts(Buffer.from(chain[0]!));
    expect(parseCrl(Buffer.from(crl.der)).entries.map((one) => one.serial)).toContain(serial);
    const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
    expect(createPublicKey(key).export({ type: 'spki', format: 'der' })).toEqual(spki);
    // One append: nobody could have seen it good.
    const events = (await world.events()).filter((event) => (event.data as { serial?: string }).serial === serial);
    expect(events.map(({ type }) => type)).toEqual(['CertificateIssued', 'CertificateRevoked']);
    expect(events.map(({ position }) => position)).toEqual([number - 2, number - 1]);
    // It is no news to anybody, and opens no door of ours.
    const told = [...stream.messages, ...quiet.messages].flatMap(({ revocations = [] }) => revocations);
    expect(told.map((one) => one.serial)).not.toContain(serial);
    expect(quiet.messages.flatMap((message) => message.canaries ?? [])).toEqual([]);
    const shown = { key: keyPem(key), cert: derChainToPem(chain.map((der) => Buffer.from(der))) };
    const stranger = new Received(world.client(shown).streamTrust({ canaries: true }));
    await stranger.refused();
    const body = { csr: (await makeRequest()).csr };
    const renewal = await world.admin.post(`/v1/certificates/${serial}/renewal`, body).expect(403);
    expect(renewal.body.code).toBe('PROFILE_NOT_ALLOWED');
    const identity = `spiffe://cluster.local/canary/${issuerId}`;
    await world.admin.post('/v1/identities', { id: identity }).expect(400);
    await world.admin.post('/v1/certificates', { ...body, identity }).expect(400);
    await world.admin.post('/v1/certificates', { ...body, identity: cart, profile: 'canary' }).expect(400);
    [stream, quiet, stranger].forEach((each) => each.cancel());
  });

  it('is told to those alone who may see all nodes, and of what there is', async () => {
    await world.admin.get('/v1/enforcement/999999999').expect(404);
    await world.admin.get('/v1/enforcement/1').expect(404);
    await world.admin.get('/v1/enforcement/0').expect(404);
    await world.admin.get('/v1/enforcement/01c3a5e27f0b4d8896a1d2f3e4b5c6a798').expect(404);
    await world.admin.get('/v1/enforcement/not-a-serial').expect(400);
    const body = { name: 'team', role: 'operator', ttl: '1h', namespaces: ['shop'] };
    const { token } = (await world.admin.post('/v1/tokens', body).expect(201)).body as { token: string };
    await restOf(world.service, { token }).get('/v1/enforcement/1').expect(403);
  });
});
