import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newCanarySerial, newSerial } from '../asn1/serial.js';
import { issueCertificate } from '../certificate/issue-certificate.js';
import { TestHierarchy } from '../testing/hierarchy.js';
import { canaryName, isCanary } from './canary.js';
import { generatePrivateKey } from './private-key.js';

const now = new Date('2026-03-01T12:00:00Z');

describe('what passes for a canary', async () => {
  const hierarchy = await TestHierarchy.create(now);
  const { trustDomain } = TestHierarchy;
  const name = canaryName(trustDomain, '0123456789abcdef');
  const toBeSigned = async ({ serial = newCanarySerial(), spiffeId = name, minutes = 10 } = {}): Promise<Buffer> => {
    const key = await generatePrivateKey('ecdsa-p256');
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const dates = { notBefore: now, notAfter: new Date(now.getTime() + minutes * 60_000) };
    const request = { profile: 'workload', trustDomain, spiffeId, publications: {}, serial, spki, ...dates } as const;
    const der = await issueCertificate(request, hierarchy.issuers.workload, hierarchy.signer);
    // Certificate ::= SEQUENCE { tbsCertificate, … }, both longer than 255 octets.
    const length = der.readUInt16BE(6) + 4;
    return der.subarray(4, 4 + length);
  };

  it('is one', async () => expect(isCanary(await toBeSigned())).toBe(true));
  it('is not a workload’s, whatever its serial', async () => {
    expect(isCanary(await toBeSigned({ serial: newSerial() }))).toBe(false);
    const spiffeId = `spiffe://${trustDomain}/ns/shop/sa/cart`;
    expect(isCanary(await toBeSigned({ spiffeId }))).toBe(false);
    expect(isCanary(await toBeSigned({ spiffeId: `spiffe://${trustDomain}/canary/x` }))).toBe(false);
  });
  it('does not live for long', async () => expect(isCanary(await toBeSigned({ minutes: 180 }))).toBe(false));
  it('is no CA, and nothing that is no certificate', () => {
    expect(isCanary(Buffer.from('3000', 'hex'))).toBe(false);
    expect(isCanary(Buffer.alloc(0))).toBe(false);
    const { certificate } = hierarchy.issuers.workload;
    expect(isCanary(certificate.subarray(4, 4 + certificate.readUInt16BE(6) + 4))).toBe(false);
  });
});
