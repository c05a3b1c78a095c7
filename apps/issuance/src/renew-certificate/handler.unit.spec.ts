import { systemCaller } from '@cartulary/access';
import { certificateStream, parseSerial, type Serial, type SpiffeId } from '@cartulary/domain';
import { testCsr } from '@cartulary/service/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ada,
  bank,
  callerOf,
  cart,
  contextOf,
  factsOf,
  Issuance,
  serviceCaller,
} from '../testing/issuance.fixture.spec.js';

describe('RenewCertificateHandler', () => {
  let issuance: Issuance;
  beforeEach(async () => {
    issuance = await Issuance.create();
  });
  /** With the code, without a signature or an event of its own. */
  const refused = async (work: () => Promise<unknown>, code: string) => {
    const [before, signed] = [await issuance.recorded(), issuance.domain.signer.signed.length];
    await expect(work()).rejects.toMatchObject({ code });
    expect(await issuance.recorded()).toEqual(before);
    expect(issuance.domain.signer.signed).toHaveLength(signed);
  };
  const renewal = async (serial: string, context = contextOf()) =>
    issuance.renew(serial, (await testCsr()).csr, context);

  it('gives the same identity a new key, and links the two both ways', async () => {
    const { certificate } = await issuance.issueFor();
    const { csr, spki } = await testCsr({ uris: [cart] });
    const renewed = await issuance.renew(certificate.serial, csr);
    expect(renewed).toMatchObject({ identity: cart, profile: 'workload', predecessor: certificate.serial });
    expect(factsOf(renewed.certificate).spki).toEqual(spki);
    const stream = certificateStream(certificate.serial as Serial);
    const { events } = await issuance.domain.ledger.readStream(stream);
    expect(events.at(-1)).toMatchObject({ type: 'CertificateRenewed', data: { successor: renewed.serial } });
  });

  it('refuses the key of the certificate that it renews', async () => {
    const { certificate, csr } = await issuance.issueFor();
    await refused(() => issuance.renew(certificate.serial, csr), 'RENEWAL_SAME_KEY');
  });

  it('refuses another identity or another name', async () => {
    const { certificate } = await issuance.issueFor();
    const { csr } = await testCsr({ uris: [bank] });
    await refused(() => issuance.renew(certificate.serial, csr), 'CSR_WRONG_IDENTITY');
    const server = await issuance.issueFor({ profile: 'server', contents: { dnsNames: ['cart.shop'] } });
    const { csr: more } = await testCsr({ dnsNames: ['cart.shop', 'bank.shop'] });
    await refused(() => issuance.renew(server.certificate.serial, more), 'RENEWAL_WRONG_IDENTITY');
  });

  it('refuses a predecessor that is held, revoked, expired or unknown', async () => {
    const [held, revoked, expired] = await Promise.all([1, 2, 3].map(() => issuance.issueFor()));
    await issuance.change(held!.certificate.serial, 'CertificateHeld');
    await issuance.change(revoked!.certificate.serial, 'CertificateRevoked');
    await refused(() => renewal(held!.certificate.serial), 'CERTIFICATE_HELD');
    await refused(() => renewal(revoked!.certificate.serial), 'CERTIFICATE_REVOKED');
    await refused(() => renewal(parseSerial('01ff')), 'CERTIFICATE_NOT_FOUND');
    issuance.domain.clock.set(new Date(Date.parse(expired!.certificate.notAfter) + 1));
    await refused(() => renewal(expired!.certificate.serial), 'CERTIFICATE_EXPIRED');
  });

  it('refuses a suspended identity', async () => {
    const { certificate } = await issuance.issueFor();
    await issuance.suspend(cart);
    await refused(() => renewal(certificate.serial), 'IDENTITY_SUSPENDED');
  });

  it('is out of reach where the issuance would be', async () => {
    const { certificate } = await issuance.issueFor({ identity: bank });
    await refused(() => renewal(certificate.serial, contextOf(callerOf('issuer', ['shop']))), 'FORBIDDEN');
    const contents = { dnsNames: ['cart.shop'] };
    const server = await issuance.issueFor({ profile: 'server', contents });
    const { csr } = await testCsr(contents);
    const inShop = contextOf(callerOf('issuer', ['shop']));
    await refused(() => issuance.renew(server.certificate.serial, csr, inShop), 'PROFILE_NOT_ALLOWED');
    await issuance.register(ada, { role: 'admin' });
    const admin = contextOf(callerOf('admin'));
    const operator = await issuance.issueFor({ profile: 'operator', identity: ada, context: admin });
    await refused(() => renewal(operator.certificate.serial, contextOf(callerOf('operator'))), 'FORBIDDEN');
    await refused(() => renewal(operator.certificate.serial, contextOf(callerOf('auditor'))), 'PROFILE_NOT_ALLOWED');
    const own = callerOf('operator');
    const itself = { ...own, actor: { id: ada, credential: `certificate:${operator.certificate.serial}` } };
    expect(await renewal(operator.certificate.serial, contextOf(itself))).toMatchObject({ identity: ada });
    expect(await renewal(operator.certificate.serial, admin)).toMatchObject({ identity: ada, profile: 'operator' });
  });

  it('lets a service renew its own two certificates, under the same names, and nothing else', async () => {
    const identity = 'spiffe://cluster.local/cartulary/service/relay' as SpiffeId;
    await issuance.register(identity, { role: 'service' });
    const context = contextOf(systemCaller('init'));
    const contents = { dnsNames: ['localhost'] };
    const shown = await issuance.issueFor({ profile: 'service', identity, context });
    const served = await issuance.issueFor({ profile: 'server', identity, contents, context });
    const relay = contextOf(serviceCaller('relay', 'cluster.local', shown.certificate.serial));
    expect(await renewal(shown.certificate.serial, relay)).toMatchObject({ identity, profile: 'service' });
    const { csr } = await testCsr(contents);
    expect(await issuance.renew(served.certificate.serial, csr, relay)).toMatchObject({ ...contents, identity });

    const more = (await testCsr({ dnsNames: ['localhost', 'bank.shop'] })).csr;
    await refused(() => issuance.renew(served.certificate.serial, more, relay), 'RENEWAL_WRONG_IDENTITY');
    const { certificate } = await issuance.issueFor();
    await refused(() => renewal(certificate.serial, relay), 'FORBIDDEN');
    const others = contextOf(serviceCaller('inventory'));
    const { csr: wanted } = await testCsr(contents);
    await refused(() => issuance.renew(served.certificate.serial, wanted, others), 'FORBIDDEN');
    await refused(() => renewal(shown.certificate.serial, others), 'FORBIDDEN');
  });

  it('lives as long as asked for, within the profile, and repeats under its key', async () => {
    const { certificate } = await issuance.issueFor();
    const { csr } = await testCsr();
    const context = contextOf(callerOf('issuer'), 'again');
    const renewed = await issuance.renew(certificate.serial, csr, context, 60);
    expect(renewed.notAfter).toBe('2026-03-01T12:01:00.000Z');
    expect(await issuance.renew(certificate.serial, csr, context, 60)).toEqual(renewed);
    const long = () => issuance.renew(certificate.serial, csr, contextOf(), 3_600 * 49);
    await refused(long, 'TTL_TOO_LONG');
  });
});
