import { describe, expect, it } from 'vitest';
import type { KnownCertificate } from '../certificates/known-certificate.js';
import { decide, type Situation } from './decide.js';
import type { DeliveredCertificate, SecretFacts } from './secret-facts.js';

const at = (minutes: number): Date => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000);
const account = { namespace: 'shop', name: 'cart', uid: 'uid-1' };
const identity = 'spiffe://cluster.local/ns/shop/sa/cart';

const delivered: DeliveredCertificate = {
  serial: '01aa',
  uris: [identity],
  notBefore: at(-5),
  notAfter: at(1440),
  keyFits: true,
};
const secret: SecretFacts = {
  resourceVersion: '7',
  uid: 'secret-1',
  type: 'istio.io/key-and-cert',
  account: 'cart',
  owners: ['uid-1'],
  labelled: true,
  deliveredAt: at(0),
  certificate: delivered,
  rootDigest: 'root',
};
const known: KnownCertificate = {
  serial: '01aa',
  identity,
  issuerId: 'issuer',
  status: 'active',
  notAfter: at(1440),
  renewAt: at(720),
  position: 10,
};
const situation: Situation = {
  account,
  identity,
  secret,
  certificate: known,
  live: [known],
  anchored: true,
  rootDigest: 'root',
  type: 'istio.io/key-and-cert',
  grace: 60 * 60_000,
  now: at(10),
};
const when = (change: Partial<Situation>) => decide({ ...situation, ...change });
const withSecret = (change: Partial<SecretFacts>) => when({ secret: { ...secret, ...change } });
const withDelivered = (change: Partial<DeliveredCertificate>) =>
  withSecret({ certificate: { ...delivered, ...change } });

describe('what is done for a service account', () => {
  it('is nothing where all is well, until its certificate’s moment', () =>
    expect(when({})).toEqual({ type: 'wait', until: at(720) }));

  it('is a certificate where there is no Secret', () =>
    expect(when({ secret: undefined, certificate: undefined, live: [] })).toEqual({
      type: 'issue',
      reason: 'no-secret',
    }));

  it('is nothing where the Secret is somebody else’s', () => {
    const { account: _, ...unnamed } = secret;
    expect(when({ secret: { ...unnamed, owners: [] } })).toEqual({ type: 'leave' });
    expect(withSecret({ owners: [], account: 'other' })).toEqual({ type: 'leave' });
    expect(withSecret({ owners: ['uid-2'], account: 'other' })).toEqual({ type: 'leave' });
  });

  it.each([
    ['the Secret has another type', withSecret({ type: 'Opaque' }), 'other-type'],
    ['another key lies beside the certificate', withDelivered({ keyFits: false }), 'wrong-key'],
    ['the certificate is another account’s', withDelivered({ uris: [`${identity}2`] }), 'wrong-identity'],
    ['the certificate has two names', withDelivered({ uris: [identity, 'cart.shop'] }), 'wrong-identity'],
    ['the account was deleted and made again', withSecret({ owners: ['uid-0'] }), 'other-account'],
    ['the certificate has ended', when({ now: at(1440) }), 'expired'],
    ['it is revoked', when({ certificate: { ...known, status: 'revoked' } }), 'revoked'],
    ['the ledger has no such certificate', when({ certificate: 'missing' }), 'not-in-ledger'],
  ])('is another key and certificate where %s', (_, action, reason) =>
    expect(action).toEqual({ type: 'issue', reason }),
  );

  it('is another certificate where there is none to be read', () => {
    const { certificate: _, ...unreadable } = secret;
    expect(when({ secret: unreadable, certificate: undefined })).toEqual({ type: 'issue', reason: 'unreadable' });
  });

  it('is a question where the certificate is not known', () =>
    expect(when({ certificate: undefined })).toEqual({ type: 'ask', serial: '01aa' }));

  it('is a renewal from the certificate’s moment on', () => {
    expect(when({ now: at(719) }).type).toBe('wait');
    expect(when({ now: at(720) })).toEqual({ type: 'renew', serial: '01aa' });
  });

  it('is nothing while its certificate is on hold, not even when that is due', () => {
    const certificate = { ...known, status: 'held' as const };
    expect(when({ certificate, now: at(800) })).toEqual({ type: 'wait', until: at(1440), held: true });
  });

  it.each([
    ['the chain does not reach a root', when({ anchored: false })],
    ['the roots are other ones', when({ rootDigest: 'new' })],
    ['our label is missing', withSecret({ labelled: false })],
    ['the owner is missing, and the annotation names the account', withSecret({ owners: [] })],
  ])('is the same certificate again where %s', (_, action) => expect(action).toEqual({ type: 'mend', serial: '01aa' }));

  it('is a renewal rather than a mend where both are due', () =>
    expect(when({ rootDigest: 'new', now: at(720) }).type).toBe('renew'));
});

describe('another live certificate of the account', () => {
  const older = { ...known, serial: '01bb', renewAt: at(5) };
  const live = [older, known];

  it('stays good for the grace after the delivery', () => {
    expect(when({ live })).toEqual({ type: 'wait', until: at(60) });
    expect(when({ live, now: at(60) })).toEqual({ type: 'supersede', serials: ['01bb'] });
  });
  it('is not waited for longer than for the renewal', () =>
    expect(when({ live, grace: 10_000 * 60_000 })).toEqual({ type: 'wait', until: at(720) }));
  it('counts the grace from the certificate where nobody says when it was delivered', () => {
    const { deliveredAt: _, ...undated } = secret;
    expect(when({ live, secret: undated, now: at(55) })).toEqual({ type: 'supersede', serials: ['01bb'] });
  });
  it('is not put off by a time of delivery that lies in the future', () =>
    expect(when({ live, secret: { ...secret, deliveredAt: at(9_999) }, grace: 0 })).toEqual({
      type: 'supersede',
      serials: ['01bb'],
    }));
  it.each([
    ['has ended', { notAfter: at(10) }],
    ['is revoked', { status: 'revoked' as const }],
    ['is on hold', { status: 'held' as const }],
    ['was not asked for a Secret', { apart: true as const }],
  ])('is left alone where it %s', (_, change) =>
    expect(when({ live: [{ ...older, ...change }, known], now: at(100) }).type).toBe('wait'),
  );
});
