import { testCsr } from '@cartulary/service/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { cart, Issuance } from '../testing/issuance.fixture.spec.js';

describe('an issuance whose ground shifts between its decision and its append', () => {
  let issuance: Issuance;
  beforeEach(async () => {
    issuance = await Issuance.create();
  });
  /** Once, while the first signature is being made. */
  const meanwhile = (happens: () => Promise<unknown>) => {
    const { signer } = issuance.domain;
    signer.meanwhile = () => {
      signer.meanwhile = undefined;
      return happens();
    };
  };
  const certificates = async () => (await issuance.recorded()).filter((type) => type === 'CertificateIssued').length;

  it('is refused when its identity was suspended', async () => {
    await issuance.register(cart);
    meanwhile(() => issuance.suspend(cart));
    await expect(issuance.issueFor()).rejects.toMatchObject({ code: 'IDENTITY_SUSPENDED' });
    expect(await certificates()).toBe(0);
  });

  it('is refused when its key was blocked', async () => {
    const { csr, spki } = await testCsr();
    meanwhile(() => issuance.block(spki));
    await expect(issuance.issue({ csr, identity: cart })).rejects.toMatchObject({ code: 'KEY_BLOCKED' });
    expect(await certificates()).toBe(0);
  });

  it('is refused when its issuer was retired', async () => {
    const { issuerId } = issuance.domain.issuer('workload');
    const data = { issuerId, retiredAt: '2026-03-01T12:00:00.000Z' };
    meanwhile(() => issuance.domain.append(`issuer-${issuerId}`, { type: 'IssuerRetired', data }));
    await expect(issuance.issueFor()).rejects.toMatchObject({ code: 'ISSUER_NOT_ACTIVE' });
    expect(await certificates()).toBe(0);
  });

  it.each(['CertificateHeld', 'CertificateRevoked'] as const)('as a renewal is refused on %s', async (type) => {
    const { certificate } = await issuance.issueFor();
    meanwhile(() => issuance.change(certificate.serial, type));
    const code = type === 'CertificateHeld' ? 'CERTIFICATE_HELD' : 'CERTIFICATE_REVOKED';
    const { csr } = await testCsr();
    await expect(issuance.renew(certificate.serial, csr)).rejects.toMatchObject({ code });
    expect(await certificates()).toBe(1);
  });

  it('goes through with the signature it has when the change does not matter', async () => {
    meanwhile(() => issuance.register(cart));
    const { certificate } = await issuance.issueFor();
    expect(certificate.status).toBe('active');
    expect(issuance.domain.signer.signed).toHaveLength(1);
    expect(await issuance.recorded()).toEqual(['IdentityRegistered', 'CertificateIssued']);
  });

  it('has happened before the suspension, or not at all, whoever wins', async () => {
    await issuance.register(cart);
    const { csr } = await testCsr();
    const issuing = Array.from({ length: 40 }, async (_, turn) => {
      await new Promise((resolve) => setTimeout(resolve, turn % 8));
      return issuance.issue({ csr, identity: cart });
    });
    await new Promise((resolve) => setTimeout(resolve, 4));
    const suspended = async (): Promise<void> => {
      await issuance.suspend(cart).catch(suspended);
    };
    await suspended();
    const outcomes = await Promise.allSettled(issuing);
    const events = await issuance.recorded();
    expect(events.at(-1)).toBe('IdentitySuspended');
    expect(await certificates()).toBe(outcomes.filter(({ status }) => status === 'fulfilled').length);
    const refusals = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refusals.every(({ reason }) => (reason as { code: string }).code === 'IDENTITY_SUSPENDED')).toBe(true);
  });
});
