import { type CertificateRule } from '../to-sign.js';

export const validityOrder: CertificateRule = {
  id: 'certificate.validity.order',
  section: 'RFC 5280, section 4.1.2.5',
  severity: 'error',
  check: ({ certificate: { notBefore, notAfter } }) =>
    notAfter.ms < notBefore.ms ? 'notAfter is before notBefore' : undefined,
};
