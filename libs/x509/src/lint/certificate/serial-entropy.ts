import { type CertificateRule } from '../to-sign.js';

// An unforeseeable serial keeps a collision from being prepared. What is shorter than 8 octets can't hold 64 bits of
// chance; ours have 16 octets of it (ADR 8).
export const serialEntropy: CertificateRule = {
  id: 'certificate.serial.entropy',
  section: 'RFC 5280, section 8 (and CA/B Baseline Requirements, section 7.1)',
  severity: 'warning',
  check: ({ certificate: { serial } }) =>
    serial.length < 8 ? 'the serial number is too short to be unforeseeable' : undefined,
};
