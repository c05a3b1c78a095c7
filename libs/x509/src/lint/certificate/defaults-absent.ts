import { type CertificateRule } from '../to-sign.js';

/** DER leaves out what has its default value. */
export const defaultsAbsent: CertificateRule = {
  id: 'certificate.der.defaults',
  section: 'X.690, section 11.5',
  severity: 'error',
  check: ({ certificate }) => {
    if (certificate.version === 0) return 'version 1 is written out';
    if (certificate.extensions.some(({ writesDefault }) => writesDefault)) return 'critical FALSE is written out';
    return certificate.basicConstraints?.writesDefault ? 'cA FALSE is written out' : undefined;
  },
};
