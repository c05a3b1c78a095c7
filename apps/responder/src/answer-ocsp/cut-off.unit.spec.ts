import type { RevocationReason, Serial } from '@cartulary/domain';
import { certificateFacts, newSerial, parseCrl } from '@cartulary/x509';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPublicSide, type PublicSide } from '../testing/public-side.fixture.spec.js';
import type { TestCertificate, TestIssuer } from '../testing/test-authority.fixture.spec.js';

describe('an issuer that was cut off', () => {
  let side: PublicSide;
  let certificate: TestCertificate;
  let other: TestIssuer;
  beforeEach(async () => {
    side = await openPublicSide();
    certificate = await side.authority.issue(side.workload);
    other = await side.authority.createIssuer(side.root, 'workload');
    await side.authority.publishCrl(other);
    side.authority.activate(other);
    await side.delegations.renew();
  });
  afterEach(() => side.close());
  const says = async (asked: TestCertificate) => {
    const answer = await side.ask(asked);
    return answer.status === 'successful' ? answer.responses[0]?.status : answer.status;
  };
  const cutOff = (reason?: RevocationReason): void => {
    side.authority.cutOff(side.workload, side.root, reason);
    side.transport.heartbeat();
  };

  it('takes all its certificates along, also those that nobody has heard of, and no others', async () => {
    const elsewhere = await side.authority.issue(other);
    expect(await says(certificate)).toEqual({ type: 'good' });
    cutOff();
    const revoked = { type: 'revoked', reason: 'cACompromise', revokedAt: expect.any(Date) };
    expect(await says(certificate)).toEqual(revoked);
    expect(await says({ ...certificate, serial: newSerial() as Serial })).toEqual(revoked);
    expect(await says(elsewhere)).toEqual({ type: 'good' });
  });

  it('is itself revoked, says its own CA by OCSP and by CRL', async () => {
    const { serial, notAfter } = certificateFacts(side.workload.certificate);
    const own: TestCertificate = { ...certificate, issuer: side.root, serial: serial as Serial, notAfter };
    expect(await says(own)).toEqual({ type: 'good' });
    cutOff('keyCompromise');
    expect(await says(own)).toMatchObject({ type: 'revoked', reason: 'keyCompromise' });
    await side.authority.publishCrl(side.root);
    const crl = await side.get(`/crl/${side.root.issuerId}.crl`);
    const { entries } = parseCrl(Buffer.from(await crl.arrayBuffer()));
    expect(entries).toMatchObject([{ serial, reason: 'keyCompromise' }]);
  });

  it.each([
    ['superseded', { reason: 'superseded' }],
    ['unspecified', {}],
    ['aACompromise', { reason: 'cACompromise' }],
  ] as const)('gives its certificates a reason that is true of them: %s', async (reason, said) => {
    cutOff(reason);
    expect(await says(certificate)).toEqual({ type: 'revoked', revokedAt: expect.any(Date), ...said });
  });

  it('is answered for beyond the end of the delegate that was there, and keeps nobody from being ready', async () => {
    cutOff();
    side.clock.advance(5 * 86_400_000);
    side.transport.heartbeat();
    await side.authority.publishCrl(side.root);
    await side.authority.publishCrl(other);
    await side.delegations.renew();
    side.clock.advance(3 * 86_400_000);
    side.transport.heartbeat();
    const again = await side.authority.issue(side.workload, { life: 6 * 86_400_000 });
    expect(await says(again)).toMatchObject({ type: 'revoked' });
    await side.authority.publishCrl(side.root);
    await side.authority.publishCrl(other);
    // Its own CRL has ended, and is not asked for.
    expect((await side.get(`/crl/${side.workload.issuerId}.crl`)).status).toBe(503);
    expect(side.checks.checkCrls()).toBe('2 issuers');
    expect(side.checks.checkDelegations()).toBe('2 issuers');
  });

  it('is left alone once its last certificate has expired', async () => {
    cutOff();
    const expired = { issuerId: side.workload.issuerId, certificates: 1, expiredAt: side.clock.now().toISOString() };
    side.transport.append(`issuer-${side.workload.issuerId}`, 'EpochExpired', expired);
    side.transport.heartbeat();
    await side.delegations.renew();
    expect(await says(certificate)).toBe('tryLater');
    expect(side.delegations.wanted(side.clock.now()).map(({ issuerId }) => issuerId)).not.toContain(
      side.workload.issuerId,
    );
  });
});

describe('an issuer that was made ahead', () => {
  it('has its delegate before it issues, and keeps nobody from being ready before', async () => {
    const side = await openPublicSide();
    const ahead = await side.authority.createIssuer(side.root, 'workload');
    side.transport.heartbeat();
    expect(side.checks.checkCrls()).toBe('2 issuers');
    expect(side.checks.checkDelegations()).toBe('2 issuers');
    await side.delegations.renew();
    expect(side.delegations.find(ahead.issuerId, side.clock.now())).toBeDefined();
    await side.close();
  });
});
