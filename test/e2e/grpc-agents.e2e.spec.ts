import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamTrustResponse } from '@cartulary/contracts';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { parseCrl } from '@cartulary/x509';
import { keyPem, makeRequest } from '../support/enrol.js';
import { refusalOf } from '../support/grpc/clients.js';
import { Received } from '../support/grpc/received.js';
import { GrpcWorld, shownBy } from '../support/grpc/world.js';

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

const csrFor = async (...uris: string[]): Promise<string> => (await makeRequest({ uris })).csr;
const typesAfter = async (position: number): Promise<string[]> =>
  (await world.events()).filter((event) => event.position > position).map(({ type }) => type);
const head = async (): Promise<number> => (await world.events()).at(-1)!.position;

describe('a node that joins', () => {
  it('gets its agent’s certificate, and its token is spent in the same append', async () => {
    const { csr, key } = await makeRequest();
    const token = await world.joinToken('node-1');
    const before = await head();
    const { certificate, node, trustDomain } = await world.client().attest(token, csr);
    expect({ node, trustDomain }).toEqual({ node: 'node-1', trustDomain: 'cluster.local' });
    const leaf = new X509Certificate(certificate.chain[0]!);
    expect(leaf.subjectAltName).toBe('URI:spiffe://cluster.local/cartulary/agent/node-1');
    expect(leaf.checkPrivateKey(key)).toBe(true);
    expect(certificate.renewFrom.seconds).toBeGreaterThan(Date.now() / 1_000);
    expect(certificate.renewUntil.seconds).toBeLessThan(certificate.notAfter.seconds);
    const events = (await world.events()).filter((event) => event.position > before);
    expect(events.map(({ type }) => type)).toEqual(['IdentityRegistered', 'TokenSpent', 'CertificateIssued']);
    expect(events[2]!.data).toMatchObject({
      ...{ profile: 'service', evidence: { node: 'node-1', attestation: { kind: 'join-token' } } },
    });
    expect(JSON.stringify(events)).not.toContain(token.split('_')[2]!);
  });

  it('can’t use a token twice, whoever does: of twenty at once one gets in', async () => {
    const token = await world.joinToken('node-2');
    const before = await head();
    const csrs = await Promise.all(Array.from({ length: 20 }, () => csrFor()));
    const attempts = await Promise.allSettled(csrs.map((csr) => world.client().attest(token, csr)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusalOf(world.client().attest(token, await csrFor()))).toMatchObject({
      ...{ status: 'UNAUTHENTICATED', code: 'JOIN_TOKEN_SPENT' },
    });
    expect(await typesAfter(before)).toEqual(['IdentityRegistered', 'TokenSpent', 'CertificateIssued']);
  });

  it.each([
    ['that was never made', () => `ctl_abcdef012345_${'A'.repeat(43)}`, 'UNAUTHENTICATED'],
    [
      'with another secret',
      async () => `${(await world.joinToken('n')).slice(0, 17)}${'A'.repeat(43)}`,
      'UNAUTHENTICATED',
    ],
    [
      'that is an API token',
      async () => {
        const body = { name: 'ci', role: 'admin', ttl: '1h' };
        return (await world.admin.post('/v1/tokens', body).expect(201)).body.token as string;
      },
      'UNAUTHENTICATED',
    ],
    [
      'that has expired',
      async () => {
        const token = await world.joinToken('n', '1s');
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        return token;
      },
      'JOIN_TOKEN_ENDED',
    ],
    [
      'that is revoked',
      async () => {
        const token = await world.joinToken('n');
        await world.admin.delete(`/v1/tokens/${token.split('_')[1]}`).expect(200);
        return token;
      },
      'JOIN_TOKEN_ENDED',
    ],
  ])('is refused with a token %s', async (_, make, code) => {
    const token = await make();
    const before = await head();
    const refused = await refusalOf(world.client().attest(token, await csrFor()));
    expect(refused).toMatchObject({ status: 'UNAUTHENTICATED', code });
    expect(await typesAfter(before)).toEqual([]);
  });

  it('gets no other name by its CSR, and keeps its token then', async () => {
    const token = await world.joinToken('node-3');
    const foreign = await csrFor('spiffe://cluster.local/cartulary/agent/node-1');
    expect(await refusalOf(world.client().attest(token, foreign))).toMatchObject({ code: 'CSR_WRONG_IDENTITY' });
    expect((await world.client().attest(token, await csrFor())).node).toBe('node-3');
  });

  it('a join token opens nothing else', async () => {
    const token = await world.joinToken('node-4');
    const { body } = await world.admin.get('/v1/whoami').set('Authorization', `Bearer ${token}`).expect(401);
    expect(body.code).toBe('UNAUTHENTICATED');
  });
});

describe('an agent', () => {
  it('renews its own certificate, over it', async () => {
    const { client, joined } = await world.agent('node-10');
    const { csr, key } = await makeRequest();
    const { certificate } = await client.renewAgent(csr);
    const renewed = (await world.events()).filter(({ type }) => type === 'CertificateRenewed').at(-1);
    expect(renewed!.data).toMatchObject({ serial: joined.certificate.serial, successor: certificate.serial });
    const again = world.client(shownBy(certificate, keyPem(key)));
    expect((await again.listEntitlements()).entitlements).toEqual([]);
  });

  it('gets what is placed on its node, from the placement until it is taken off', async () => {
    const identity = 'spiffe://cluster.local/ns/shop/sa/placed';
    const { client } = await world.agent('node-11');
    const other = await world.agent('node-12');
    const sign = async (by = client) => by.signWorkload({ spiffeId: identity, csr: await csrFor(identity), ttl: 600 });
    expect(await refusalOf(sign())).toMatchObject({ status: 'NOT_FOUND', code: 'IDENTITY_NOT_REGISTERED' });
    await world.place(identity, 'node-11', [{ uid: 1000, path: '/usr/bin/cart' }, { gid: 20 }]);

    const { certificate } = await sign();
    expect(certificate.spiffeId).toBe(identity);
    expect(new X509Certificate(certificate.chain[0]!).subjectAltName).toBe(`URI:${identity}`);
    expect(certificate.notAfter.seconds - Date.now() / 1_000).toBeLessThan(700);
    const events = await world.events();
    expect(events.find(({ position }) => position === certificate.position)!.data['evidence']).toMatchObject({
      requester: 'spiffe://cluster.local/cartulary/agent/node-11',
      credential: expect.stringMatching(/^certificate:/),
      ...{ node: 'node-11', attestation: { kind: 'agent', onBehalf: true } },
    });

    const before = await head();
    expect(await refusalOf(sign(other.client))).toMatchObject({
      status: 'PERMISSION_DENIED',
      code: 'NODE_NOT_ENTITLED',
    });
    const foreign = { spiffeId: identity, csr: await csrFor('spiffe://cluster.local/ns/bank/sa/pay'), ttl: 0 };
    expect(await refusalOf(client.signWorkload(foreign))).toMatchObject({ code: 'CSR_WRONG_IDENTITY' });
    const system = { spiffeId: 'spiffe://cluster.local/cartulary/operator/me', csr: await csrFor(), ttl: 0 };
    expect(await refusalOf(client.signWorkload(system))).toMatchObject({ code: 'IDENTITY_NOT_ALLOWED' });
    expect(await typesAfter(before)).toEqual([]);

    const renewal = { spiffeId: identity, csr: await csrFor(), ttl: 0, predecessor: certificate.serial };
    const renewed = await client.signWorkload(renewal);
    expect(renewed.certificate.serial).not.toBe(certificate.serial);
    // Another node may not continue it, though the identity may be placed there too.
    await world.place(identity, 'node-12');
    const stolen = { ...renewal, csr: await csrFor() };
    expect(await refusalOf(other.client.signWorkload(stolen))).toMatchObject({ code: 'NODE_NOT_ENTITLED' });

    await world.admin.delete(`/v1/identities/${encodeURIComponent(identity)}/placements/node-11`).expect(200);
    expect(await refusalOf(sign())).toMatchObject({ status: 'PERMISSION_DENIED', code: 'NODE_NOT_ENTITLED' });
    const successor = { ...renewal, csr: await csrFor(), predecessor: renewed.certificate.serial };
    expect(await refusalOf(client.signWorkload(successor))).toMatchObject({ code: 'NODE_NOT_ENTITLED' });
  });

  it('hears of its entitlements as they change', async () => {
    const identity = 'spiffe://cluster.local/ns/shop/sa/streamed';
    const { client } = await world.agent('node-13');
    const received = new Received(client.streamEntitlements());
    expect((await received.one(() => true)).entitlements).toEqual([]);
    await world.place(identity, 'node-13', [{ uid: 0 }]);
    const { entitlements } = await received.one(({ entitlements: list }) => list.length === 1);
    expect(entitlements[0]).toMatchObject({ spiffeId: identity, selectors: [{ uid: 0 }], suspended: false });
    await world.admin.post(`/v1/identities/${encodeURIComponent(identity)}/suspension`).expect(200);
    await received.one(({ entitlements: list }) => list[0]?.suspended === true);
    received.cancel();
  });

  it('is nobody without a certificate, with a workload’s, and once its own is revoked', async () => {
    expect(await refusalOf(world.client().listEntitlements())).toMatchObject({ status: 'UNAUTHENTICATED' });
    const { csr, key } = await makeRequest();
    const { certChain } = await world.client().createCertificate({ csr }, await world.cluster.token());
    const workload = world.client({ key: keyPem(key), cert: certChain.slice(0, -1).join('') });
    expect(await refusalOf(workload.listEntitlements())).toMatchObject({ status: 'UNAUTHENTICATED' });
    const { client, joined } = await world.agent('node-14');
    const stream = new Received(client.streamTrust());
    await stream.one(({ complete }) => complete);
    const { serial } = joined.certificate;
    await world.admin.post('/v1/revocations', { serial, reason: 'keyCompromise' }).expect(201);
    expect(await refusalOf(client.listEntitlements())).toMatchObject({ code: 'CREDENTIAL_REVOKED' });
    expect(await stream.refused()).toMatchObject({ status: 'UNAUTHENTICATED', code: 'CREDENTIAL_REVOKED' });
  });
});

describe('the trust stream', () => {
  const crlsOf = (received: Received<StreamTrustResponse>) => {
    const newest = new Map(received.messages.flatMap(({ crls = [] }) => crls).map((crl) => [crl.issuerId, crl]));
    return [...newest.values()];
  };

  it('brings the bundle and the CRL of every CA of the mesh, parents too', async () => {
    const { client } = await world.agent('node-20');
    const received = new Received(client.streamTrust());
    await received.one(({ complete }) => complete);
    const bundle = received.messages.find(({ bundle: one }) => one)!.bundle!;
    expect(bundle.anchors.map((der) => new X509Certificate(der).fingerprint256)).toEqual([
      new X509Certificate(world.root).fingerprint256,
    ]);
    const crls = crlsOf(received);
    const mesh = world.service.ready.issuers.filter(({ purpose }) => !purpose.startsWith('system'));
    expect(crls.map(({ issuerId }) => issuerId).sort()).toEqual(
      expect.arrayContaining(mesh.map(({ issuerId }) => issuerId).sort()),
    );
    expect(new Set(crls.map(({ role }) => role))).toEqual(new Set(['ROLE_PARENT', 'ROLE_ISSUER']));
    received.cancel();
    // Whoever has them already is not sent them again.
    const held = crls.map(({ issuerId, number }) => ({ issuerId, number }));
    const again = new Received(client.streamTrust({ held }));
    await again.one(({ complete }) => complete);
    const repeated = crlsOf(again).filter(({ issuerId, number }) =>
      held.some((one) => one.issuerId === issuerId && one.number === number),
    );
    expect(repeated.every(({ der }) => der.length === 0)).toBe(true);
    again.cancel();
  });

  it('says at once what is revoked, and brings the CRL that lists it', async () => {
    const { client } = await world.agent('node-21');
    const { csr } = await makeRequest();
    const { certChain } = await world.client().createCertificate({ csr }, await world.cluster.token());
    const serial = new X509Certificate(certChain[0]!).serialNumber.toLowerCase();
    const received = new Received(client.streamTrust());
    await received.one(({ complete }) => complete);
    await world.admin.post('/v1/revocations', { serial, reason: 'keyCompromise' }).expect(201);
    const named = (message: StreamTrustResponse) => message.revocations?.find((one) => one.serial === serial);
    const { revocations = [] } = await received.one((message) => named(message) !== undefined);
    expect(revocations.find((one) => one.serial === serial)).toMatchObject({
      status: 'STATUS_REVOKED',
      spiffeId: 'spiffe://cluster.local/ns/shop/sa/cart',
    });
    const lists = ({ crls = [] }: StreamTrustResponse) =>
      crls.some(({ der }) => der.length > 0 && parseCrl(Buffer.from(der)).entries.some((one) => one.serial === serial));
    await received.one(lists);
    received.cancel();
  });

  it('brings an order to rotate to the nodes whose certificates it means', async () => {
    const identity = 'spiffe://cluster.local/ns/shop/sa/rotated';
    const [near, far] = [await world.agent('node-30'), await world.agent('node-31')];
    await world.place(identity, 'node-30');
    const { certificate } = await near.client.signWorkload({ spiffeId: identity, csr: await csrFor(identity) });
    const [told, elsewhere] = [new Received(near.client.streamTrust()), new Received(far.client.streamTrust())];
    await told.one(({ complete }) => complete);
    await elsewhere.one(({ complete }) => complete);
    const { body } = await world.admin.post('/v1/rotations', { identity, window: '10m' }).expect(201);
    const orders = ({ rotations = [] }: StreamTrustResponse) => rotations;
    const [order] = orders(await told.one((message) => orders(message).length > 0));
    expect(order).toMatchObject({ rotationId: body.rotationId, serials: [certificate.serial] });
    expect(order!.until.seconds - order!.from.seconds).toBe(600);
    // One that comes later is told as well, while the rotation is under way.
    const later = new Received(near.client.streamTrust());
    expect(orders(await later.one((message) => orders(message).length > 0))[0]!.serials).toEqual([certificate.serial]);
    expect(elsewhere.messages.flatMap(orders)).toEqual([]);
    [told, elsewhere, later].forEach((stream) => stream.cancel());
  });

  it('takes what agents say of their proxies', async () => {
    const { client } = await world.agent('node-22');
    const issuerId = world.service.ready.issuers[0]!.issuerId;
    const one = { issuerId, number: 7, proxy: 'envoy', context: 'inbound', state: 'STATE_ENFORCED' };
    expect(await client.acknowledge([one])).toEqual({});
    expect(await refusalOf(client.acknowledge([{ ...one, state: 'STATE_UNSPECIFIED' }]))).toMatchObject({
      ...{ status: 'INVALID_ARGUMENT', code: 'INVALID_VALUE' },
    });
  });

  it('takes them on the connection of a stream, until its agent is not good any more', async () => {
    const { client, joined } = await world.agent('node-23');
    const issuerId = world.service.ready.issuers[0]!.issuerId;
    const one = { issuerId, number: 7, proxy: 'envoy', context: 'inbound', state: 'STATE_ENFORCED' };
    const stream = new Received(client.streamTrust());
    await stream.one(({ complete }) => complete);
    expect(await client.acknowledge([one])).toEqual({});
    const { serial } = joined.certificate;
    await world.admin.post('/v1/revocations', { serial, reason: 'keyCompromise' }).expect(201);
    expect(await stream.refused()).toMatchObject({ code: 'CREDENTIAL_REVOKED' });
    expect(await refusalOf(client.acknowledge([one]))).toMatchObject({
      ...{ status: 'UNAUTHENTICATED', code: 'CREDENTIAL_REVOKED' },
    });
  });
});
