import { X509Certificate } from 'node:crypto';
import { generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { keyPem, makeRequest } from '../support/enrol.js';
import { refusalOf } from '../support/grpc/clients.js';
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

const issuedFor = async (identity: string) =>
  (await world.events()).filter(({ type, data }) => type === 'CertificateIssued' && data['identity'] === identity);
const issued = async (): Promise<number> =>
  (await world.events()).filter(({ type }) => type === 'CertificateIssued').length;

describe('istio.v1.auth.IstioCertificateService', () => {
  it('gives a service account its certificate: the leaf first, the root last', async () => {
    const { csr } = await makeRequest({ uris: [cart] });
    const token = await world.cluster.token({ node: 'node-1' });
    const { certChain } = await world.client().createCertificate({ csr, validityDuration: 3_600 }, token);
    const chain = certChain.map((pem) => new X509Certificate(pem));
    expect(chain[0]!.subjectAltName).toBe(`URI:${cart}`);
    chain.slice(0, -1).forEach((certificate, index) => {
      expect(certificate.verify(chain[index + 1]!.publicKey)).toBe(true);
    });
    const root = chain.at(-1)!;
    expect(root.verify(root.publicKey)).toBe(true);
    expect(new X509Certificate(world.root).fingerprint256).toBe(root.fingerprint256);
    const seconds = (chain[0]!.validToDate.getTime() - Date.now()) / 1_000;
    expect(seconds).toBeGreaterThan(3_000);
    expect(seconds).toBeLessThan(3_700);
  });

  it('records what the credential said, and never the credential', async () => {
    const token = await world.cluster.token({ account: 'ledger', node: 'node-1' });
    const { csr } = await makeRequest();
    await world.client().createCertificate({ csr, validityDuration: 0 }, token);
    const [event] = await issuedFor('spiffe://cluster.local/ns/shop/sa/ledger');
    expect(event!.data['evidence']).toMatchObject({
      requester: 'spiffe://cluster.local/ns/shop/sa/ledger',
      credential: expect.stringMatching(/^kubernetes:jti-ledger-/),
      node: 'node-1',
      attestation: {
        ...{ kind: 'kubernetes', issuer: world.cluster.url, subject: 'system:serviceaccount:shop:ledger' },
        ...{ keyId: 'key-1', jwtId: expect.stringMatching(/^jti-ledger-/) },
        pod: { name: 'ledger-7f9c', uid: '5e0c1c3a-aaaa-4bbb-8ccc-ddddeeeeffff' },
      },
    });
    const [, claims = '', signature = ''] = token.split('.');
    expect(JSON.stringify(await world.events())).not.toContain(signature);
    expect(world.service.log()).not.toContain(signature);
    expect(world.service.log()).not.toContain(claims);
  });

  it('cuts a lifetime that is too long to what the profile allows', async () => {
    const { csr } = await makeRequest();
    const token = await world.cluster.token();
    const { certChain } = await world.client().createCertificate({ csr, validityDuration: 10 * 365 * 86_400 }, token);
    const end = new X509Certificate(certChain[0]!).validToDate.getTime();
    expect(end - Date.now()).toBeLessThan(32 * 86_400_000);
  });

  it('goes on when the cluster has made another key', async () => {
    await world.cluster.rotate();
    const { csr } = await makeRequest();
    const ask = async () => world.client().createCertificate({ csr }, await world.cluster.token());
    await expect.poll(() => ask().then(() => 'issued', String), { timeout: 60_000, interval: 1_000 }).toBe('issued');
  });

  it('renews over mutual TLS, with the certificate that it gave', async () => {
    const first = await makeRequest();
    const token = await world.cluster.token({ account: 'renewing' });
    const { certChain } = await world.client().createCertificate({ csr: first.csr }, token);
    const client = world.client({ key: keyPem(first.key), cert: certChain.slice(0, -1).join('') });
    const second = await makeRequest();
    const renewed = await client.createCertificate({ csr: second.csr });
    const serialOf = (pem: string): string => new X509Certificate(pem).serialNumber.toLowerCase();
    const events = await issuedFor('spiffe://cluster.local/ns/shop/sa/renewing');
    expect(events.map(({ data }) => data['serial'])).toEqual([
      serialOf(certChain[0]!),
      serialOf(renewed.certChain[0]!),
    ]);
    expect(events[1]!.data).toMatchObject({ predecessor: serialOf(certChain[0]!) });
    // Revoked, it opens nothing any more, on the connection that is open.
    await world.admin.post('/v1/revocations', { serial: serialOf(certChain[0]!), reason: 'keyCompromise' }).expect(201);
    const refused = await refusalOf(client.createCertificate({ csr: (await makeRequest()).csr }));
    expect(refused).toMatchObject({ status: 'UNAUTHENTICATED', code: 'CREDENTIAL_REVOKED' });
  });

  it('lets ztunnel ask for what is placed on its node, and for nothing else', async () => {
    const paid = 'spiffe://cluster.local/ns/bank/sa/pay';
    await world.place(paid, 'node-9');
    const ztunnel = (node?: string) =>
      world.cluster.token({ namespace: 'istio-system', account: 'ztunnel', ...(node === undefined ? {} : { node }) });
    const ask = async (token: string, identity: string) => {
      const metadata = { fields: { ImpersonatedIdentity: { stringValue: identity } } };
      const { csr } = await makeRequest({ uris: [identity] });
      return world.client().createCertificate({ csr, metadata }, token);
    };
    const { certChain } = await ask(await ztunnel('node-9'), paid);
    expect(new X509Certificate(certChain[0]!).subjectAltName).toBe(`URI:${paid}`);
    const [event] = await issuedFor(paid);
    expect(event!.data['evidence']).toMatchObject({
      ...{ requester: 'spiffe://cluster.local/ns/istio-system/sa/ztunnel', node: 'node-9' },
      attestation: { onBehalf: true },
    });
    const before = await issued();
    const elsewhere = await refusalOf(ask(await ztunnel('node-8'), paid));
    expect(elsewhere).toMatchObject({ status: 'PERMISSION_DENIED', code: 'NODE_NOT_ENTITLED' });
    expect(await refusalOf(ask(await ztunnel(), paid))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await refusalOf(ask(await world.cluster.token({ node: 'node-9' }), paid))).toMatchObject({
      ...{ status: 'PERMISSION_DENIED', code: 'FORBIDDEN' },
    });
    expect(await issued()).toBe(before);
  });

  describe('refuses, and records nothing:', () => {
    const refused = async (request: object, token?: string) => {
      const before = await issued();
      const refusal = await refusalOf(world.client().createCertificate(request, token));
      expect(await issued()).toBe(before);
      return refusal;
    };
    const csr = async (uris: string[] = []) => (await makeRequest({ uris })).csr;

    it('no credential', async () =>
      expect(await refused({ csr: await csr() })).toMatchObject({
        ...{ status: 'UNAUTHENTICATED', code: 'UNAUTHENTICATED' },
      }));
    it.each([
      ['nonsense', () => 'nonsense'],
      ['a token of our own REST API', () => `ctl_abcdef012345_${'A'.repeat(43)}`],
      ['a token of another issuer', () => world.cluster.token({ issuer: 'https://elsewhere.example' })],
      ['a token for another audience', () => world.cluster.token({ audience: 'vault' })],
      [
        'a token of a key that is not the cluster’s',
        async () => world.cluster.token({}, (await generateKeyPair('RS256')).privateKey),
      ],
      [
        'a token that contradicts itself',
        () => world.cluster.token({ claims: { 'kubernetes.io': { namespace: 'kube-system' } } }),
      ],
      ['a token of 12 000 characters', () => 'x'.repeat(12_000)],
    ])('%s', async (_, token) =>
      expect(await refused({ csr: await csr() }, await token())).toMatchObject({
        ...{ status: 'UNAUTHENTICATED', code: 'UNAUTHENTICATED' },
      }),
    );
    it('a token that has expired', async () =>
      expect(await refused({ csr: await csr() }, await world.cluster.token({ expiresIn: -600 }))).toMatchObject({
        ...{ status: 'UNAUTHENTICATED', code: 'CREDENTIAL_EXPIRED' },
      }));
    it('a CSR for another’s identity', async () => {
      const foreign = await csr(['spiffe://cluster.local/ns/bank/sa/pay']);
      expect(await refused({ csr: foreign }, await world.cluster.token())).toMatchObject({
        ...{ status: 'INVALID_ARGUMENT', code: 'CSR_WRONG_IDENTITY' },
      });
    });
    it('a CSR that is none', async () =>
      expect(await refused({ csr: 'x' }, await world.cluster.token())).toMatchObject({ status: 'INVALID_ARGUMENT' }));
    it('a CSR of a megabyte, before it is looked at', async () =>
      expect(await refused({ csr: 'x'.repeat(1_000_000) }, await world.cluster.token())).toMatchObject({
        status: 'RESOURCE_EXHAUSTED',
      }));
    it('a signer that is not here', async () =>
      expect(
        await refused(
          { csr: await csr(), metadata: { fields: { CertSigner: { stringValue: 'clusterissuers.x/y' } } } },
          await world.cluster.token(),
        ),
      ).toMatchObject({ status: 'PERMISSION_DENIED', code: 'PROFILE_NOT_ALLOWED' }));
    it('a lifetime below zero', async () =>
      expect(await refused({ csr: await csr(), validityDuration: -1 }, await world.cluster.token())).toMatchObject({
        ...{ status: 'INVALID_ARGUMENT', code: 'INVALID_VALUE' },
      }));
    it('a suspended identity', async () => {
      const identity = 'spiffe://cluster.local/ns/shop/sa/suspended';
      await world.admin.post('/v1/identities', { id: identity }).expect(201);
      await world.admin.post(`/v1/identities/${encodeURIComponent(identity)}/suspension`).expect(200);
      const token = await world.cluster.token({ account: 'suspended' });
      expect(await refused({ csr: await csr() }, token)).toMatchObject({
        ...{ status: 'FAILED_PRECONDITION', code: 'IDENTITY_SUSPENDED' },
      });
    });
  });
});
