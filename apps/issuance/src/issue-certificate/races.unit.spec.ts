import { testCsr } from '@cartulary/service/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { bank, callerOf, cart, contextOf, Issuance } from '../testing/issuance.fixture.spec.js';
import type { Serial } from '@cartulary/domain';

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

  it('is refused when an incident was declared that means it', async () => {
    meanwhile(() => issuance.closeGate({ namespace: 'shop' }));
    await expect(issuance.issueFor()).rejects.toMatchObject({ code: 'INCIDENT_GATE_CLOSED' });
    expect(await certificates()).toBe(0);
    // The next one knows it before it is signed.
    const { signed } = issuance.domain.signer;
    const before = signed.length;
    await expect(issuance.issueFor()).rejects.toMatchObject({ code: 'INCIDENT_GATE_CLOSED' });
    expect(signed.length).toBe(before);
    expect((await issuance.issueFor({ identity: bank })).certificate.identity).toBe(bank);
  });

  it('is refused when an incident was declared that hits what asks for it, or what it renews', async () => {
    const { certificate } = await issuance.issueFor();
    const by = contextOf({ ...callerOf('admin'), actor: { id: 'a', credential: `certificate:${certificate.serial}` } });
    meanwhile(() => issuance.closeGate({ serials: [certificate.serial as Serial] }));
    await expect(issuance.issueFor({ identity: bank, context: by })).rejects.toMatchObject({
      code: 'INCIDENT_GATE_CLOSED',
    });
    const { csr } = await testCsr();
    await expect(issuance.renew(certificate.serial, csr)).rejects.toMatchObject({ code: 'INCIDENT_GATE_CLOSED' });
    expect(await certificates()).toBe(1);
  });

  it.each([
    ['revoked', 'CertificateRevoked', 'CREDENTIAL_REVOKED'],
    ['put on hold', 'CertificateHeld', 'CREDENTIAL_HELD'],
  ] as const)('is refused when the certificate that asks for it was %s', async (_name, type, code) => {
    const { certificate } = await issuance.issueFor();
    const by = contextOf({ ...callerOf('admin'), actor: { id: 'a', credential: `certificate:${certificate.serial}` } });
    await issuance.issueFor({ identity: bank, context: by });
    meanwhile(() => issuance.change(certificate.serial, type));
    await expect(issuance.issueFor({ identity: bank, context: by })).rejects.toMatchObject({ code });
    expect(await certificates()).toBe(2);
  });

  it('is decided by what is remembered, and refused by what is true', async () => {
    await issuance.issueFor();
    // By now it is remembered as active.
    await issuance.issueFor();
    await issuance.suspend(cart);
    await expect(issuance.issueFor()).rejects.toMatchObject({ code: 'IDENTITY_SUSPENDED' });
    const { csr, spki } = await testCsr();
    await issuance.block(spki);
    await expect(issuance.issue({ csr, identity: bank })).rejects.toMatchObject({ code: 'KEY_BLOCKED' });
    expect(await certificates()).toBe(2);
  });

  it('is not refused by what was true before', async () => {
    await issuance.issueFor();
    await issuance.suspend(cart);
    await expect(issuance.issueFor()).rejects.toMatchObject({ code: 'IDENTITY_SUSPENDED' });
    await issuance.reinstate(cart);
    expect((await issuance.issueFor()).certificate.identity).toBe(cart);
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
    await expect(issuance.issueFor()).rejects.toMatchObject({ code: 'NO_ACTIVE_ISSUER' });
    expect(await certificates()).toBe(0);
  });

  describe('of its epoch', () => {
    const at = '2026-03-01T12:00:00.000Z';
    /** The next epoch begins, and this replica's directory has not heard of it. */
    const begin = async (cut: boolean): Promise<string> => {
      const { domain } = issuance;
      const { issuerId } = domain.issuer('workload');
      const next = await domain.addIssuer('workload', domain.issuer('root'), { epoch: 2, active: false });
      const data = { issuerId, reason: 'cACompromise', revokedAt: at, serial: '01', notAfter: at };
      meanwhile(async () => {
        const superseded = { issuerId, successor: next.issuerId, supersededAt: at };
        const activated = { issuerId: next.issuerId, activatedAt: at, predecessor: issuerId };
        if (cut) await domain.append(`issuer-${issuerId}`, { type: 'IssuerCompromised', data });
        await domain.append(`issuer-${issuerId}`, { type: 'IssuerSuperseded', data: superseded });
        await domain.append(`issuer-${next.issuerId}`, { type: 'IssuerActivated', data: activated });
      });
      return next.issuerId;
    };

    it.each([
      ['followed', false],
      ['was cut off', true],
    ])('is decided again with the issuer of the next one when its own %s', async (_, cut) => {
      const next = await begin(cut);
      const { certificate } = await issuance.issueFor();
      expect(certificate.issuerId).toBe(next);
      expect(await certificates()).toBe(1);
    });

    it('as a renewal is refused when the predecessor goes with it', async () => {
      const { certificate } = await issuance.issueFor();
      await begin(true);
      const { csr } = await testCsr();
      const renewal = issuance.renew(certificate.serial, csr);
      await expect(renewal).rejects.toMatchObject({ code: 'CERTIFICATE_REVOKED' });
      expect(await certificates()).toBe(1);
    });

    it('as a renewal goes on in the next one', async () => {
      const { certificate } = await issuance.issueFor();
      const next = await begin(false);
      const { csr } = await testCsr();
      expect((await issuance.renew(certificate.serial, csr)).issuerId).toBe(next);
    });
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
