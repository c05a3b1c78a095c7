import { type CertificateRule } from '../to-sign.js';

const keyCertSign = 5;

export const caKeyUsage: CertificateRule = {
  id: 'certificate.key-usage.ca',
  section: 'RFC 5280, section 4.2.1.3',
  severity: 'error',
  check: ({ certificate }) =>
    certificate.isCa && !certificate.hasUsage(keyCertSign) ? 'a CA has no keyCertSign' : undefined,
};
