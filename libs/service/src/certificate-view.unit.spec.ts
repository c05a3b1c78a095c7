import {
  type CertificateIssued,
  certificateDecider,
  fold,
  identityDecider,
  parseIdentity,
  parseSerial,
  parseTokenId,
  type TokenState,
  timestamp,
} from '@cartulary/domain';
import { pemChainToDer } from '@cartulary/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  certificateOutlineView,
  certificateView,
  identityView,
  type IssuedState,
  tokenView,
} from './certificate-view.js';
import { TestDomain } from './testing/index.js';

const at = (text: string) => timestamp(new Date(text));
const notAfter = at('2026-03-02T00:00:00Z');

describe('what the API shows', () => {
  let domain: TestDomain;
  let issued: CertificateIssued['data'];
  beforeAll(async () => {
    domain = await TestDomain.create();
    const { issuerId, certificate } = domain.issuer('workload');
    issued = {
      ...{ serial: parseSerial('01aa'), issuerId, profile: 'workload', keyAlgorithm: 'ecdsa-p256', certificate },
      identity: parseIdentity('spiffe://cluster.local/ns/shop/sa/cart', 'cluster.local').id,
      keyHash: 'aa'.repeat(32) as CertificateIssued['data']['keyHash'],
      ...{ notBefore: at('2026-03-01T00:00:00Z'), notAfter },
      evidence: { csrHash: 'cc', policyVersion: '1', requester: 'token/ci', credential: 'token:abc' },
    };
  });
  const state = (...events: { type: string; data: object }[]) =>
    fold(certificateDecider, [{ type: 'CertificateIssued', data: issued }, ...events]) as IssuedState;
  const held = { type: 'CertificateHeld', data: { heldAt: at('2026-03-01T10:00:00Z') } };
  const now = new Date('2026-03-01T12:00:00Z');

  it('calls a certificate expired after its last moment, not in it', () => {
    const status = (time: string) => certificateOutlineView(state(), { now: new Date(time), position: 1 }).status;
    expect(status('2026-03-02T00:00:00.000Z')).toBe('active');
    expect(status('2026-03-02T00:00:00.001Z')).toBe('expired');
  });

  it('keeps held and revoked beyond expiry, with their dates', () => {
    const late = { now: new Date('2027-01-01T00:00:00Z'), position: 4 };
    expect(certificateOutlineView(state(held), late)).toMatchObject({ status: 'held', heldAt: held.data.heldAt });
    const revocation = { reason: 'superseded', revokedAt: at('2026-03-01T11:00:00Z') };
    const revoked = certificateOutlineView(state({ type: 'CertificateRevoked', data: revocation }), late);
    expect(revoked).toMatchObject({ status: 'revoked', revocation, position: 4, requester: 'token/ci' });
  });

  it('shows PEMs of the certificate and of the chain below its root', () => {
    const view = certificateView(state(), { issuers: domain.issuers, now, position: 1 });
    expect(pemChainToDer(view.certificate)).toEqual([Buffer.from(issued.certificate, 'base64')]);
    expect(pemChainToDer(view.chain)).toEqual(domain.issuers.chain(issued.issuerId));
  });

  it('shows an identity with its place, or with its grant', () => {
    const registered = (identity: string, grant?: object) => {
      const data = { identity, registeredAt: at('2026-03-01T00:00:00Z'), ...(grant ? { grant } : {}) };
      const folded = fold(identityDecider, [{ type: 'IdentityRegistered', data }]);
      if (folded.status === 'unregistered') throw new Error('unregistered');
      return identityView(folded, 3);
    };
    expect(registered('spiffe://cluster.local/ns/shop/sa/cart')).toMatchObject({
      ...{ kind: 'workload', namespace: 'shop', serviceAccount: 'cart', status: 'active', position: 3 },
    });
    const system = registered('spiffe://cluster.local/cartulary/operator/ada', { role: 'admin' });
    expect(system).toMatchObject({ kind: 'system', grant: { role: 'admin' } });
    expect(system).not.toHaveProperty('namespace');
  });

  it('never shows the hash of a token’s secret, and calls it expired from its end on', () => {
    const token: Exclude<TokenState, { status: 'unknown' }> = {
      ...{ status: 'active', tokenId: parseTokenId('abcdef012345'), name: 'ci', grant: { role: 'issuer' } },
      ...{ secretHash: 'c2VjcmV0', createdAt: at('2026-03-01T00:00:00Z'), expiresAt: notAfter },
    };
    const status = (time: Date) => tokenView(token, 2, time).status;
    expect([status(now), status(new Date(notAfter))]).toEqual(['active', 'expired']);
    expect(JSON.stringify(tokenView(token, 2, now))).not.toContain('c2VjcmV0');
    const revoked = { ...token, status: 'revoked', revokedAt: at('2026-03-01T01:00:00Z') } as const;
    expect(tokenView(revoked, 2, new Date(notAfter))).toMatchObject({
      status: 'revoked',
      revokedAt: revoked.revokedAt,
    });
  });
});
