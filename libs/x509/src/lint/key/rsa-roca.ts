import { hasRocaFingerprint } from '../../signer/roca.js';
import { type CertificateRule } from '../to-sign.js';
import { rsaKeyOf } from './rsa-key.js';

export const rsaRoca: CertificateRule = {
  id: 'certificate.key.rsa-roca',
  section: 'RFC 8017, section 3.2 (CVE-2017-15361; CA/B Baseline Requirements, section 6.1.1.3)',
  severity: 'error',
  check: (subject) => {
    const key = rsaKeyOf(subject);
    return key && hasRocaFingerprint(key.modulus) ? 'the modulus can be factored (ROCA)' : undefined;
  },
};
