import { describe, expect, it } from 'vitest';
import { type CertificateEvent, type IssuerId, type Serial, type Timestamp, timestamp } from '@cartulary/domain';
import { StatusIndex } from './status-index.js';

const issuerId = '0123456789abcdef' as IssuerId;
const otherIssuer = 'fedcba9876543210' as IssuerId;
const serial = '01aa' as Serial;
const noon = Date.UTC(2026, 10, 22, 12);
const at = (minutes: number): Date => new Date(noon + minutes * 60_000);
const stamp = (minutes: number): Timestamp => timestamp(at(minutes));
const retention = 3_600_000;
const named = { serial, issuerId, notAfter: stamp(60) };

const issued = { type: 'CertificateIssued', data: named } as CertificateEvent;
const held = { type: 'CertificateHeld', data: { ...named, heldAt: stamp(1) } } as CertificateEvent;
const released = { type: 'CertificateReleased', data: { ...named, releasedAt: stamp(2) } } as CertificateEvent;
const revoked = {
  type: 'CertificateRevoked',
  data: { ...named, revokedAt: stamp(3), reason: 'keyCompromise' },
} as CertificateEvent;

const given = (...events: CertificateEvent[]): StatusIndex => {
  const index = new StatusIndex(retention);
  events.forEach((event, position) => index.apply(event, position + 1, at(0)));
  return index;
};
const good = { type: 'good' };
const onHold = { type: 'revoked', reason: 'certificateHold', revokedAt: at(1) };
const compromised = { type: 'revoked', reason: 'keyCompromise', revokedAt: at(3) };

describe('StatusIndex', () => {
  it.each([
    ['issued', [issued], good, 1],
    ['held', [issued, held], onHold, 2],
    ['released', [issued, held, released], good, 3],
    ['revoked', [issued, revoked], compromised, 2],
    ['revoked from a hold', [issued, held, revoked], compromised, 3],
    ['revoked before its issuance arrives, as from a compacted topic', [revoked, issued], compromised, 1],
    ['revoked, and then held or released by a forged ledger', [issued, revoked, held, released], compromised, 2],
  ])('knows a certificate that is %s', (_name, events, status, revision) => {
    expect(given(...events).find(issuerId, serial)).toMatchObject({ status, revision });
  });

  it('keeps issuers apart', () => {
    expect(given(issued).find(otherIssuer, serial)).toBeUndefined();
  });

  it('lets go of a certificate some time after its end, whatever its status, and never shows it as good before', () => {
    for (const index of [given(issued), given(issued, revoked)]) {
      index.prune(at(120));
      expect(index.size).toBe(1);
      index.prune(at(121));
      expect(index.find(issuerId, serial)).toBeUndefined();
    }
  });

  it('does not take in what has ended long ago', () => {
    const index = new StatusIndex(retention);
    [issued, revoked, released].forEach((event, position) => index.apply(event, position + 1, at(121)));
    expect(index.size).toBe(0);
  });

  it('looks at a bounded number of certificates at a time, and at all of them in the end', () => {
    const index = new StatusIndex(retention);
    for (let number = 0; number < 100; number++) index.issued(issuerId, `01${number}`, at(number), number, at(0));
    index.prune(at(160), 10);
    expect(index.size).toBe(90);
    for (let times = 0; times < 20; times++) index.prune(at(160), 10);
    expect(index.size).toBe(0);
  });
});
