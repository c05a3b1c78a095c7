import type { Caller } from '@cartulary/access';
import { systemCaller } from '@cartulary/access';
import { certificateStream, identityStream, type Serial } from '@cartulary/domain';
import { testCsr } from '@cartulary/service/testing';
import { describeCertificate, pemChainToDer, verifyChain } from '@cartulary/x509';
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

describe('IssueCertificateHandler', () => {
  let issuance: Issuance;
  beforeEach(async () => {
    issuance = await Issuance.create();
  });
  const signatures = () => issuance.domain.signer.signed.length;
  /** Refused with the code, nothing signed, nothing recorded. */
  const refused = async (work: Promise<unknown>, code: string) => {
    const before = await issuance.recorded();
    await expect(work).rejects.toMatchObject({ code });
    expect(signatures()).toBe(0);
    expect(await issuance.recorded()).toEqual(before);
  };

  it('hands out what is in the ledger: a certificate that verifies, its identity registered by it', async () => {
    const { certificate, spki } = await issuance.issueFor();
    const { ledger, issuers, clock } = issuance.domain;
    expect(await issuance.recorded()).toEqual(['IdentityRegistered', 'CertificateIssued']);
    const stream = certificateStream(certificate.serial as Serial);
    const [event] = (await ledger.readStream(stream)).events;
    const [leaf, ...intermediates] = pemChainToDer(certificate.certificate + certificate.chain);
    expect(leaf?.toString('base64')).toBe(event?.data['certificate']);
    expect(event).toMatchObject({ position: certificate.position, actor: callerOf('issuer').actor });
    expect(event?.data['evidence']).toMatchObject({ requester: 'token/issuer', credential: 'token:abcdef012345' });
    const anchors = issuers.workloadAnchors();
    expect(verifyChain({ leaf: leaf!, intermediates, anchors, now: clock.now() })).toHaveLength(3);
    const facts = factsOf(certificate.certificate);
    expect(facts.spki).toEqual(spki);
    expect([facts.notBefore, facts.notAfter].map((date) => date.toISOString())).toEqual([
      certificate.notBefore,
      certificate.notAfter,
    ]);
    expect(describeCertificate(leaf!)).toMatchObject({ serial: certificate.serial, uris: [cart] });
    expect(signatures()).toBe(1);
  });

  it('registers an identity once, also when its first certificates are asked for at the same time', async () => {
    const issued = await Promise.all(Array.from({ length: 8 }, () => issuance.issueFor()));
    expect(new Set(issued.map(({ certificate }) => certificate.serial)).size).toBe(8);
    const { events } = await issuance.domain.ledger.readStream(identityStream(cart));
    expect(events.map(({ type }) => type)).toEqual(['IdentityRegistered']);
    expect(signatures()).toBe(8);
  });

  it('records the node that the requester names, and a renewal stays there', async () => {
    const { certificate } = await issuance.issueFor({ node: 'node-7.eu-1' });
    expect(certificate.node).toBe('node-7.eu-1');
    const renewed = await issuance.renew(certificate.serial, (await testCsr()).csr);
    expect(renewed.node).toBe('node-7.eu-1');
    const { events } = await issuance.domain.ledger.readStream(certificateStream(renewed.serial as Serial));
    expect(events[0]?.data['evidence']).toMatchObject({ node: 'node-7.eu-1' });
  });

  describe('refuses, without a signature or an event', () => {
    it('a node that is no name, or that a service names', async () => {
      await refused(issuance.issueFor({ node: 'a..b' }), 'INVALID_VALUE');
      const context = contextOf(serviceCaller('responder'));
      await refused(issuance.issueFor({ node: 'node-7', context }), 'INVALID_VALUE');
    });

    it('a suspended identity', async () => {
      await issuance.register(cart);
      await issuance.suspend(cart);
      await refused(issuance.issueFor(), 'IDENTITY_SUSPENDED');
    });

    it('a blocked key', async () => {
      const { csr, spki } = await testCsr();
      await issuance.block(spki);
      await refused(issuance.issue({ csr, identity: cart }), 'KEY_BLOCKED');
    });

    it('a suspended owner of a server certificate', async () => {
      await issuance.register(cart);
      await issuance.suspend(cart);
      const contents = { dnsNames: ['cart.shop'] };
      await refused(issuance.issueFor({ profile: 'server', contents }), 'IDENTITY_SUSPENDED');
    });

    it('an issuer that has not been activated, has been retired, or has itself expired', async () => {
      const { domain } = issuance;
      const { issuerId } = domain.issuer('workload');
      const retired = { type: 'IssuerRetired', data: { issuerId, retiredAt: '2026-03-01T12:00:00.000Z' } };
      await domain.append(`issuer-${issuerId}`, retired);
      // The directory has not heard of it yet; the ledger has.
      expect(domain.issuers.active('workload').issuerId).toBe(issuerId);
      await refused(issuance.issueFor(), 'NO_ACTIVE_ISSUER');
      expect(() => domain.issuers.active('workload')).toThrow();
      const fresh = await Issuance.create({ active: false });
      await expect(fresh.issueFor()).rejects.toMatchObject({ code: 'NO_ACTIVE_ISSUER' });
      domain.clock.set(domain.issuer('server').notAfter);
      const contents = { dnsNames: ['cart.shop'] };
      await refused(issuance.issueFor({ profile: 'server', contents }), 'ISSUER_NOT_ACTIVE');
    });

    it('a life time beyond the profile’s', () => refused(issuance.issueFor({ ttl: '49h' }), 'TTL_TOO_LONG'));
    it('an unreadable CSR', () => refused(issuance.issue({ csr: 'nonsense', identity: cart }), 'CSR_MALFORMED'));

    it('everything while the ledger cannot be reached, and goes on when it can', async () => {
      const { ledger } = issuance.domain;
      ledger.unavailable = true;
      await expect(issuance.issueFor()).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
      ledger.unavailable = false;
      expect(signatures()).toBe(0);
      expect((await issuance.issueFor()).certificate.status).toBe('active');
    });

    it('with nothing recorded when the signature fails', async () => {
      issuance.domain.signer.failing = new Error('the token was pulled');
      await expect(issuance.issueFor()).rejects.toThrow('the token was pulled');
      expect(await issuance.recorded()).toEqual([]);
    });
  });

  describe('who may get what', () => {
    const server = { profile: 'server', contents: { dnsNames: ['rest.example'] } } as const;
    const operator = { profile: 'operator', identity: ada } as const;
    const service = { profile: 'service', identity: 'spiffe://cluster.local/cartulary/service/x' } as const;
    const shop = ['shop'];
    const rows: [string, Caller, object, string | undefined][] = [
      ['an issuer: any workload', callerOf('issuer'), { identity: bank }, undefined],
      ['an issuer: a server', callerOf('issuer'), server, undefined],
      ['an issuer of a namespace: a workload in it', callerOf('issuer', shop), {}, undefined],
      ['an issuer of a namespace: one in another', callerOf('issuer', shop), { identity: bank }, 'FORBIDDEN'],
      ['an issuer of a namespace: a server', callerOf('issuer', shop), server, 'PROFILE_NOT_ALLOWED'],
      ['an admin of a namespace: a server', callerOf('admin', shop), server, 'PROFILE_NOT_ALLOWED'],
      ['an issuer: an operator', callerOf('issuer'), operator, 'PROFILE_NOT_ALLOWED'],
      ['an operator: an operator', callerOf('operator'), operator, 'PROFILE_NOT_ALLOWED'],
      ['an admin of a namespace: an operator', callerOf('admin', shop), operator, 'PROFILE_NOT_ALLOWED'],
      ['an admin: an operator that nobody registered', callerOf('admin'), operator, 'IDENTITY_NOT_ALLOWED'],
      ['an admin: a service that nobody registered', callerOf('admin'), service, 'IDENTITY_NOT_ALLOWED'],
      ['an operator: a service', callerOf('operator'), service, 'PROFILE_NOT_ALLOWED'],
      ['an admin: a responder’s', callerOf('admin'), { profile: 'ocsp-signing' }, 'PROFILE_NOT_ALLOWED'],
      // An operator identity as the owner of a server certificate would be a foot in the door.
      ['a service: a workload', serviceCaller('revocation'), {}, 'FORBIDDEN'],
      ['a service: a server', serviceCaller('revocation'), server, 'FORBIDDEN'],
      ['a service: a service', serviceCaller('revocation'), service, 'PROFILE_NOT_ALLOWED'],
      ['an issuer: a server of an operator', callerOf('issuer'), { ...server, identity: ada }, 'FORBIDDEN'],
    ];
    it.each(rows)('%s', async (_, caller, request, code) => {
      const work = issuance.issueFor({ ...request, context: contextOf(caller) });
      if (code) await refused(work, code);
      else expect((await work).certificate.status).toBe('active');
    });

    it('gives a registered operator its certificate, from the system issuer', async () => {
      await issuance.register(ada, { role: 'operator' });
      const { certificate } = await issuance.issueFor({ ...operator, context: contextOf(callerOf('admin')) });
      expect(certificate.issuerId).toBe(issuance.domain.issuer('system').issuerId);
      await issuance.suspend(ada);
      const again = issuance.issueFor({ ...operator, context: contextOf(callerOf('admin')) });
      await expect(again).rejects.toMatchObject({ code: 'IDENTITY_SUSPENDED' });
    });

    it.each(['responder', 'responder-eu-1'])('delegates to %s by its certificate', async (name) => {
      const { issuerId } = issuance.domain.issuer('workload');
      const { csr } = await testCsr();
      const context = contextOf(serviceCaller(name));
      const issued = await issuance.issue({ csr, profile: 'ocsp-signing', issuerId }, context);
      expect(issued).toMatchObject({ issuerId, profile: 'ocsp-signing', requester: context.caller.actor.id });
    });

    it('delegates only for an issuer that is named and known', async () => {
      const { csr } = await testCsr();
      const context = contextOf(serviceCaller('responder'));
      await refused(issuance.issue({ csr, profile: 'ocsp-signing' }, context), 'INVALID_VALUE');
      const unknown = { csr, profile: 'ocsp-signing', issuerId: '0123456789abcdef' } as const;
      await refused(issuance.issue(unknown, context), 'ISSUER_NOT_FOUND');
    });

    it.each([
      ['another service', serviceCaller('revocation')],
      ['a name that only begins like a responder’s', serviceCaller('responders')],
      ['another trust domain’s responder', serviceCaller('responder', 'other.example')],
      ['a token of that name', { ...serviceCaller('responder'), kind: 'token' as const }],
      ['an admin', callerOf('admin')],
    ])('delegates not to %s', async (_, caller) => {
      const { issuerId } = issuance.domain.issuer('workload');
      const { csr } = await testCsr();
      const work = issuance.issue({ csr, profile: 'ocsp-signing', issuerId }, contextOf(caller));
      await refused(work, 'PROFILE_NOT_ALLOWED');
    });

    it('lets nobody else choose an issuer', async () => {
      const { issuerId } = issuance.domain.issuer('workload');
      await refused(issuance.issueFor({ issuerId, context: contextOf(callerOf('admin')) }), 'INVALID_VALUE');
    });

    it('gives a responder a certificate of the very issuer that it names, and of no other profile’s', async () => {
      const { issuerId } = issuance.domain.issuer('root');
      const context = contextOf(systemCaller('responder'));
      const { csr } = await testCsr();
      const issued = await issuance.issue({ csr, profile: 'ocsp-signing', issuerId }, context);
      expect(issued).toMatchObject({ issuerId, profile: 'ocsp-signing' });
      const stray = issuance.issue({ csr, identity: cart, issuerId }, context);
      await expect(stray).rejects.toMatchObject({ code: 'ISSUER_WRONG_PURPOSE' });
    });
  });

  describe('with an Idempotency-Key', () => {
    it('gives the same certificate for the same request, and signs nothing twice', async () => {
      const { csr } = await testCsr();
      const first = await issuance.issue({ csr, identity: cart }, contextOf(undefined, 'k1'));
      issuance.domain.clock.advance(60_000);
      const second = await issuance.issue({ csr, identity: cart }, contextOf(undefined, 'k1'));
      expect(second).toEqual(first);
      expect(signatures()).toBe(1);
      expect(await issuance.recorded()).toEqual(['IdentityRegistered', 'CertificateIssued']);
    });

    it('gives the same certificate to requests that arrive together', async () => {
      const { csr } = await testCsr();
      const all = await Promise.all(
        Array.from({ length: 5 }, () => issuance.issue({ csr, identity: cart }, contextOf(undefined, 'k2'))),
      );
      expect(new Set(all.map(({ serial }) => serial)).size).toBe(1);
      expect((await issuance.recorded()).filter((type) => type === 'CertificateIssued')).toHaveLength(1);
    });

    it('refuses another request under the same key', async () => {
      const { csr } = await testCsr();
      await issuance.issue({ csr, identity: cart }, contextOf(undefined, 'k3'));
      const other = issuance.issue({ csr, identity: bank }, contextOf(undefined, 'k3', 'g'));
      await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
      expect(signatures()).toBe(1);
    });
  });
});
