import { type CertificateRule } from '../to-sign.js';
import { rsaKeyOf } from './rsa-key.js';

export const rsaExponent: CertificateRule = {
  id: 'certificate.key.rsa-exponent',
  section: 'RFC 8017, section 3.1; FIPS 186-5, section A.1.1',
  severity: 'error',
  check: (subject) => {
    const key = rsaKeyOf(subject);
    if (!key) return undefined;
    return key.exponent % 2n === 0n || key.exponent < 65_537n
      ? 'the exponent is even or smaller than 65537'
      : undefined;
  },
};
