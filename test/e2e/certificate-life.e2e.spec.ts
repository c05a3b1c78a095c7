import { createPublicKey, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandaloneProcess } from '@cartulary/testing';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { firstOperator, makeRequest, restOf } from '../support/enrol.js';

const identity = (name: string): string => `spiffe://cluster.local/ns/shop/sa/${name}`;
const path = encodeURIComponent;

let database: TestDatabase;
let service: StandaloneProcess;
let rest: ReturnType<typeof restOf>;

beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  service = await StandaloneProcess.start({ databaseUrl: database.ownerUrl });
  rest = restOf(service, firstOperator(service));
});
afterAll(async () => {
  await service?.dispose();
  await database?.drop();
});

const issue = async (name: string, body: object = {}) => {
  const { csr, key } = await makeRequest();
  const { body: certificate } = await rest
    .post('/v1/certificates', { csr, identity: identity(name), ...body })
    .expect(201);
  return { certificate, csr, key };
};

describe('the life of a certificate', () => {
  it('is issued for a CSR, with the identity and the key that were asked for', async () => {
    const { certificate, key } = await issue('cart');
    const x509 = new X509Certificate(certificate.certificate);
    expect(x509.subjectAltName).toBe(`URI:${identity('cart')}`);
    expect(x509.publicKey.equals(createPublicKey(key))).toBe(true);
    expect(x509.serialNumber.toLowerCase()).toBe(certificate.serial);
    expect(certificate).toMatchObject({ status: 'active', profile: 'workload', identity: identity('cart') });
    expect(certificate.serial).toMatch(/^01[0-9a-f]{32}$/);
    const backdated = Date.now() - Date.parse(certificate.notBefore);
    expect(backdated).toBeGreaterThan(0);
    expect(backdated).toBeLessThanOrEqual(301_000);
  });

  it('is read back at once, by itself and in lists', async () => {
    const { certificate } = await issue('reader');
    const { body } = await rest.get(`/v1/certificates/${certificate.serial}`).expect(200);
    expect(body).toMatchObject({ serial: certificate.serial, certificate: certificate.certificate });
    const list = await rest.get(`/v1/certificates?identity=${path(identity('reader'))}`).expect(200);
    expect(list.body.certificates.map(({ serial }: { serial: string }) => serial)).toEqual([certificate.serial]);
  });

  it('is renewed with a new key, linked both ways', async () => {
    const { certificate } = await issue('renewed');
    const { csr } = await makeRequest();
    const renewal = await rest.post(`/v1/certificates/${certificate.serial}/renewal`, { csr }).expect(201);
    expect(renewal.body).toMatchObject({ identity: identity('renewed'), predecessor: certificate.serial });
    const { body: predecessor } = await rest.get(`/v1/certificates/${certificate.serial}`).expect(200);
    expect(predecessor.successor).toBe(renewal.body.serial);
  });

  it('refuses a renewal with the same key', async () => {
    const { certificate, csr } = await issue('lazy');
    const { body } = await rest.post(`/v1/certificates/${certificate.serial}/renewal`, { csr }).expect(422);
    expect(body.code).toBe('RENEWAL_SAME_KEY');
  });

  it('is held, released, revoked, and then stays revoked', async () => {
    const { certificate } = await issue('held');
    const { serial } = certificate;
    const hold = await rest.post('/v1/revocations', { serial, reason: 'certificateHold' }).expect(201);
    expect(hold.body).toMatchObject({ serial, reason: 'certificateHold' });
    expect((await rest.get(`/v1/certificates/${serial}`)).body.status).toBe('held');
    expect((await rest.post(`/v1/revocations/${serial}/release`).expect(200)).body.status).toBe('active');
    const revocation = await rest
      .post('/v1/revocations', {
        serial: serial.toUpperCase(),
        reason: 'keyCompromise',
        invalidityDate: '2026-01-01T00:00:00Z',
      })
      .expect(201);
    expect(revocation.body).toMatchObject({
      serial,
      reason: 'keyCompromise',
      invalidityDate: '2026-01-01T00:00:00.000Z',
    });
    const release = await rest.post(`/v1/revocations/${serial}/release`).expect(409);
    expect(release.body.code).toBe('CERTIFICATE_REVOKED');
    const history = await rest.get(`/v1/certificates/${serial}/history`).expect(200);
    expect(history.body.events.map(({ type }: { type: string }) => type)).toEqual([
      'CertificateIssued',
      'CertificateHeld',
      'CertificateReleased',
      'CertificateRevoked',
    ]);
  });

  it('lets a compromise replace a harmless reason, and nothing replace a compromise', async () => {
    const { certificate } = await issue('replaced');
    const revoke = (reason: string) => rest.post('/v1/revocations', { serial: certificate.serial, reason }).expect(201);
    const first = await revoke('superseded');
    expect((await revoke('keyCompromise')).body).toMatchObject({
      reason: 'keyCompromise',
      revokedAt: first.body.revokedAt,
    });
    expect((await revoke('cessationOfOperation')).body.reason).toBe('keyCompromise');
  });

  it('revokes every certificate of a key and never certifies it again', async () => {
    const { csr } = await makeRequest();
    const issued = [];
    for (const name of ['twin-a', 'twin-b', 'twin-c']) {
      issued.push((await rest.post('/v1/certificates', { csr, identity: identity(name) }).expect(201)).body);
    }
    const { keyHash } = issued[0];
    const { body } = await rest
      .post('/v1/revocations', { keyHash, reason: 'keyCompromise', comment: 'laptop lost' })
      .expect(201);
    expect([...body.certificates].sort()).toEqual(issued.map(({ serial }) => serial).sort());
    for (const { serial } of issued) {
      expect((await rest.get(`/v1/certificates/${serial}`)).body).toMatchObject({ status: 'revoked' });
    }
    const refused = await rest.post('/v1/certificates', { csr, identity: identity('twin-d') }).expect(409);
    expect(refused.body.code).toBe('KEY_BLOCKED');
  });

  it('issues nothing for a suspended identity until it is reinstated', async () => {
    await issue('suspended');
    const { csr } = await makeRequest();
    await rest.post(`/v1/identities/${path(identity('suspended'))}/suspension`).expect(200);
    const refused = await rest.post('/v1/certificates', { csr, identity: identity('suspended') }).expect(409);
    expect(refused.body.code).toBe('IDENTITY_SUSPENDED');
    await rest.delete(`/v1/identities/${path(identity('suspended'))}/suspension`).expect(200);
    await rest.post('/v1/certificates', { csr, identity: identity('suspended') }).expect(201);
  });

  it('gives the same certificate for the same request under one Idempotency-Key', async () => {
    const { csr } = await makeRequest();
    const post = (body: object) => rest.post('/v1/certificates', body).set('Idempotency-Key', 'order-66');
    const body = { csr, identity: identity('once') };
    const [first, second] = await Promise.all([post(body).expect(201), post(body).expect(201)]);
    expect(second.body.serial).toBe(first.body.serial);
    const other = await post({ ...body, ttl: '1h' }).expect(422);
    expect(other.body.code).toBe('IDEMPOTENCY_MISMATCH');
  });

  it('issues a batch with an outcome per request', async () => {
    const good = await makeRequest();
    const requests = [
      { csr: good.csr, identity: identity('batch-a') },
      { csr: 'not a CSR', identity: identity('batch-b') },
      { csr: (await makeRequest()).csr, identity: 'spiffe://elsewhere/ns/shop/sa/x' },
    ];
    const { body } = await rest.post('/v1/certificates:batch', { requests }).expect(200);
    expect(body.results.map(({ status }: { status: number }) => status)).toEqual([201, 400, 400]);
    expect(body.results[1].problem.code).toBe('CSR_MALFORMED');
    expect(body.results[2].problem.code).toBe('INVALID_VALUE');
  });
});
