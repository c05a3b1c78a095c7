import type { FullCertificate, Identity, LedgerEvent } from '@cartulary/contracts';

export const serial = '01c3a5e27f0b4d8896a1d2f3e4b5c6a798';
export const cart = 'spiffe://cluster.local/ns/shop/sa/cart';

export const certificate = (more: Partial<FullCertificate> = {}): FullCertificate => ({
  serial,
  issuerId: '9f86d081884c7d65',
  profile: 'workload',
  status: 'active',
  identity: cart,
  keyHash: 'ab'.repeat(32),
  keyAlgorithm: 'ecdsa-p256',
  notBefore: '2026-11-22T11:55:00.000Z',
  notAfter: '2026-11-23T12:00:00.000Z',
  certificate: '-----BEGIN CERTIFICATE-----\nLEAF\n-----END CERTIFICATE-----\n',
  chain: '-----BEGIN CERTIFICATE-----\nISSUER\n-----END CERTIFICATE-----\n',
  renewalWindow: { start: '2026-11-22T23:00:00.000Z', end: '2026-11-23T01:00:00.000Z' },
  requester: 'spiffe://cluster.local/cartulary/operator/first',
  position: 17,
  ...more,
});

export const identity = (more: Partial<Identity> = {}): Identity => ({
  id: cart,
  kind: 'workload',
  namespace: 'shop',
  serviceAccount: 'cart',
  status: 'active',
  registeredAt: '2026-11-20T12:00:00.000Z',
  position: 5,
  ...more,
});

export const event = (position: number, type: string, data: Record<string, unknown> = {}): LedgerEvent => ({
  position,
  stream: `certificate-${serial}`,
  version: position,
  type,
  schemaVersion: 1,
  id: '0192f0c1-5b7e-7c31-9d5e-3f0a6b1c2d4e',
  recordedAt: '2026-11-22T11:59:00.000Z',
  committedAt: '2026-11-22T11:59:00.000Z',
  actor: { id: 'spiffe://cluster.local/cartulary/operator/first', credential: 'certificate:01ab' },
  correlationId: 'c-1',
  data,
  leafHash: 'cd'.repeat(32),
});
