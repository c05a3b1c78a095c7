import type { CertificateEvent, IssuedCertificate } from '../certificate/events.js';
import type { RevocationReason } from '../certificate/reasons.js';
import { parseIdentity, type SpiffeId } from '../identity/spiffe-id.js';
import type { IssuerRecord } from '../issuer/events.js';
import {
  type Base64,
  parseIssuerId,
  parseKeyHash,
  parseSerial,
  parseTokenId,
  type Timestamp,
  timestamp,
} from '../shared/ids.js';

/** Minutes after noon of a day; every fixture is dated by it. */
export const at = (minute: number): Timestamp => timestamp(new Date(Date.UTC(2026, 10, 22, 12, minute)));
export const expiry = at(60);
export const afterExpiry = timestamp(new Date(Date.parse(expiry) + 1));

export const identity: SpiffeId = parseIdentity('spiffe://cluster.local/ns/shop/sa/cart', 'cluster.local').id;
export const otherIdentity: SpiffeId = parseIdentity('spiffe://cluster.local/ns/shop/sa/pay', 'cluster.local').id;
export const serial = parseSerial('01aa');
export const successorSerial = parseSerial('01bb');
export const issuerId = parseIssuerId('0123456789abcdef');
export const tokenId = parseTokenId('abcdef012345');
export const keyHash = parseKeyHash('aa'.repeat(32));
export const otherKeyHash = parseKeyHash('bb'.repeat(32));

export const certificate: IssuedCertificate = {
  serial,
  issuerId,
  profile: 'workload',
  identity,
  keyHash,
  keyAlgorithm: 'EC-P256',
  notBefore: at(0),
  notAfter: expiry,
  certificate: 'MAA=' as Base64,
  evidence: { csrHash: 'cc'.repeat(32), policyVersion: '1', requester: 'operator', credential: '01ff' },
};
export const successor: IssuedCertificate = {
  ...certificate,
  serial: successorSerial,
  keyHash: otherKeyHash,
  notBefore: at(30),
  notAfter: at(90),
  predecessor: serial,
};
export const issuer: IssuerRecord = {
  issuerId,
  purpose: 'workload',
  epoch: 1,
  name: 'workload 1',
  certificate: 'MAA=' as Base64,
  keyId: 'workload-1',
  keyAlgorithm: 'EC-P256',
  notBefore: at(-60),
  notAfter: at(120),
};

const named = { serial, issuerId, notAfter: expiry };
export const issued: CertificateEvent = { type: 'CertificateIssued', data: certificate };
export const renewed = (by = successorSerial, renewedAt = at(30)): CertificateEvent => ({
  type: 'CertificateRenewed',
  data: { serial, successor: by, renewedAt },
});
export const held = (heldAt: Timestamp): CertificateEvent => ({ type: 'CertificateHeld', data: { ...named, heldAt } });
export const released = (releasedAt: Timestamp): CertificateEvent => ({
  type: 'CertificateReleased',
  data: { ...named, releasedAt },
});
export const revoked = (
  reason: RevocationReason,
  revokedAt: Timestamp,
  invalidityDate?: Timestamp,
): CertificateEvent => ({
  type: 'CertificateRevoked',
  data: { ...named, reason, revokedAt, ...(invalidityDate ? { invalidityDate } : {}) },
});
