import { type CertificateRule } from '../to-sign.js';

const [digitalSignature, keyCertSign, cRLSign] = [0, 5, 6];

export const svidKeyUsage: CertificateRule = {
  id: 'svid.key-usage',
  section: 'X.509-SVID, section 4.3',
  severity: 'error',
  check: ({ certificate }) => {
    if (certificate.spiffeIds.length === 0 || certificate.isCa) return undefined;
    if (!certificate.hasUsage(digitalSignature)) return 'a leaf makes digital signatures';
    return certificate.hasUsage(keyCertSign) || certificate.hasUsage(cRLSign)
      ? 'a leaf signs neither certificates nor CRLs'
      : undefined;
  },
};
