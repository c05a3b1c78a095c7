import { type CertificateRule } from '../to-sign.js';
import { rsaKeyOf } from './rsa-key.js';

export const rsaModulus: CertificateRule = {
  id: 'certificate.key.rsa-modulus',
  section: 'RFC 8017, section 3.1; SP 800-131A, section 3 (2048 bits)',
  severity: 'error',
  check: (subject) => {
    if (subject.certificate.key.kind !== 'rsa') return undefined;
    const key = rsaKeyOf(subject);
    if (!key) return 'the RSA key is malformed';
    if (key.modulus % 2n === 0n) return 'the modulus is even';
    return key.modulus >> 2047n === 0n ? 'the modulus has less than 2048 bits' : undefined;
  },
};
