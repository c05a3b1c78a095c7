import { describe, expect, it } from 'vitest';
import { FullCertificate, Identity, Token, validatorFor } from '@cartulary/contracts';
import {
  type Base64,
  certificateDecider,
  fold,
  type IssuerId,
  parseIdentity,
  parseKeyHash,
  parseSerial,
  parseTimestamp,
  parseTokenId,
  type SpiffeId,
  type RevocationReason,
} from '@cartulary/domain';
import { derToPem } from '@cartulary/x509';
import { certificateView, identityView, type IssuedState, tokenView } from './certificate-view.js';
import type { KnownIssuer } from './issuer-directory.js';

const t = parseTimestamp;
const now = new Date('2026-11-22T12:00:00Z');
const cart = parseIdentity('spiffe://cluster.local/ns/shop/sa/cart', 'cluster.local').id;
const issued = {
  type: 'CertificateIssued',
  data: {
    serial: parseSerial('01aa'),
    issuerId: '0123456789abcdef' as IssuerId,
    profile: 'workload',
    identity: cart,
    dnsNames: ['cart.test'],
    ipAddresses: ['10.0.0.1'],
    keyHash: parseKeyHash('aa'.repeat(32)),
    keyAlgorithm: 'ecdsa-p256',
    notBefore: t('2026-11-22T11:55:00Z'),
    notAfter: t('2026-11-22T12:00:00Z'),
    certificate: 'MAA=' as Base64,
    predecessor: parseSerial('0199'),
    evidence: { csrHash: 'cc'.repeat(32), policyVersion: '1', requester: 'token/ci', credential: 'token:abcdef012345' },
  },
};
const named = { serial: '01aa', issuerId: '0123456789abcdef', notAfter: issued.data.notAfter };
const renewed = {
  type: 'CertificateRenewed',
  data: { serial: '01aa', successor: '01bb', renewedAt: t('2026-11-22T11:57:00Z') },
};
const held = { type: 'CertificateHeld', data: { ...named, heldAt: t('2026-11-22T11:58:00Z') } };
const revocation = {
  reason: 'keyCompromise',
  revokedAt: t('2026-11-22T11:58:00Z'),
  invalidityDate: t('2026-11-01T00:00:00Z'),
};
const revoked = { type: 'CertificateRevoked', data: { ...named, ...revocation } };

const above = '-----BEGIN CERTIFICATE-----\nMAEA\n-----END CERTIFICATE-----\n';
const issuers = {
  chainPem: (issuerId: string) => (issuerId === issued.data.issuerId ? above + above : ''),
  find: (): KnownIssuer | undefined => undefined,
};
const view = (events: Parameters<typeof fold>[1], at = now) =>
  certificateView(fold(certificateDecider, events) as IssuedState, { issuers, now: at, position: 7 });

describe('the view of a certificate', () => {
  it('has the renewal window of a rotation, where one is given', () => {
    const renewalWindow = { start: t('2026-11-22T11:56:00Z'), end: t('2026-11-22T11:57:00Z') };
    const state = fold(certificateDecider, [issued]) as IssuedState;
    expect(certificateView(state, { issuers, now, position: 7, renewalWindow }).renewalWindow).toEqual(renewalWindow);
  });

  describe('whose issuer was cut off', () => {
    const cutOff = (reason: RevocationReason, revokedAt: string) => ({
      ...issuers,
      find: () => ({ revocation: { reason, revokedAt: t(revokedAt) } }) as KnownIssuer,
    });
    const seen = (events: Parameters<typeof fold>[1], by: ReturnType<typeof cutOff>, at = now) => {
      const state = fold(certificateDecider, events) as IssuedState;
      const { status, revocation: why } = certificateView(state, { issuers: by, now: at, position: 7 });
      return [status, why];
    };
    const then = '2026-11-22T11:59:00Z';

    it.each([
      ['keyCompromise', 'cACompromise'],
      ['superseded', 'superseded'],
    ] as const)('is revoked with it (%s)', (reason, said) => {
      const expected = ['revoked', { reason: said, revokedAt: t(then), issuer: true }];
      expect(seen([issued], cutOff(reason, then))).toEqual(expected);
      expect(seen([issued, held], cutOff(reason, then))).toEqual(expected);
    });
    it('keeps its own revocation', () =>
      expect(seen([issued, revoked], cutOff('cACompromise', then))).toEqual(['revoked', revocation]));
    it('is not when it had ended before, nor as of a time before', () => {
      const later = new Date(Date.parse(issued.data.notAfter) + 1_000);
      expect(seen([issued], cutOff('cACompromise', later.toISOString()), new Date(later.getTime() + 1))).toEqual([
        ...['expired', undefined],
      ]);
      expect(seen([issued], cutOff('cACompromise', '2026-11-22T12:30:00Z'))).toEqual(['active', undefined]);
    });
  });

  it('has everything that the API shows, and nothing else', () => {
    const shown = view([issued, renewed]);
    expect(shown).toEqual({
      serial: '01aa',
      issuerId: '0123456789abcdef',
      profile: 'workload',
      status: 'active',
      identity: cart,
      dnsNames: ['cart.test'],
      ipAddresses: ['10.0.0.1'],
      keyHash: 'aa'.repeat(32),
      keyAlgorithm: 'ecdsa-p256',
      notBefore: '2026-11-22T11:55:00.000Z',
      notAfter: '2026-11-22T12:00:00.000Z',
      certificate: derToPem(Buffer.from('MAA=', 'base64'), 'CERTIFICATE'),
      chain: above.repeat(2),
      predecessor: '0199',
      successor: '01bb',
      renewalWindow: { start: '2026-11-22T11:57:30.000Z', end: '2026-11-22T11:58:00.000Z' },
      requester: 'token/ci',
      position: 7,
    });
  });

  it.each([
    ['active', [issued], now],
    ['expired', [issued], new Date(now.getTime() + 1)],
    ['held', [issued, held], now],
    ['held', [issued, held], new Date(now.getTime() + 1)],
    ['revoked', [issued, revoked], new Date(now.getTime() + 1)],
  ] as const)('is %s, as the contract says', (status, events, at) => {
    const shown = view(events, at);
    expect(shown.status).toBe(status);
    expect(shown.heldAt).toBe(status === 'held' ? held.data.heldAt : undefined);
    expect(shown.revocation).toEqual(status === 'revoked' ? revocation : undefined);
    expect(validatorFor(FullCertificate)(shown)).toMatchObject({ ok: true });
  });
});

describe('the view of an identity', () => {
  it('tells a workload by its place', () => {
    const shown = identityView(
      {
        status: 'suspended',
        identity: cart,
        registeredAt: t('2026-11-22T10:00:00Z'),
        suspendedAt: t('2026-11-22T11:00:00Z'),
      },
      3,
    );
    expect(shown).toMatchObject({ kind: 'workload', namespace: 'shop', serviceAccount: 'cart', status: 'suspended' });
    expect(validatorFor(Identity)(shown)).toMatchObject({ ok: true });
  });

  it('tells a system identity by its grant', () => {
    const identity = 'spiffe://cluster.local/cartulary/operator/olga' as SpiffeId;
    const grant = { role: 'issuer', namespaces: ['shop'] } as const;
    const shown = identityView({ status: 'active', identity, grant, registeredAt: t('2026-11-22T10:00:00Z') }, 3);
    expect(shown).toMatchObject({ kind: 'system', grant });
    expect(shown).not.toHaveProperty('namespace');
    expect(validatorFor(Identity)(shown)).toMatchObject({ ok: true });
  });
});

describe('the view of a token', () => {
  const token = {
    tokenId: parseTokenId('abcdef012345'),
    name: 'ci',
    grant: { role: 'issuer', namespaces: ['shop'] },
    secretHash: 'c2VjcmV0',
    createdAt: t('2026-11-22T10:00:00Z'),
    expiresAt: t('2026-11-22T12:00:00Z'),
  } as const;

  it.each([
    ['active', { ...token, status: 'active' }, new Date(now.getTime() - 1)],
    ['expired', { ...token, status: 'active' }, now],
    ['revoked', { ...token, status: 'revoked', revokedAt: t('2026-11-22T11:00:00Z') }, now],
  ] as const)('is %s, and keeps its secret', (status, state, at) => {
    const shown = tokenView(state, 3, at);
    expect(shown).toMatchObject({ status, role: 'issuer', namespaces: ['shop'] });
    expect(validatorFor(Token)(shown)).toMatchObject({ ok: true });
  });
});
