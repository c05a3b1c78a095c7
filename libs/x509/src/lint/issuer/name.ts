import { type CertificateRule } from '../to-sign.js';

export const issuerName: CertificateRule = {
  id: 'issuer.name',
  section: 'RFC 5280, sections 4.1.2.4 and 6.1.3 (a)(4)',
  severity: 'error',
  check: ({ certificate, issuer }) =>
    issuer && !certificate.issuer.raw.equals(issuer.subject.raw)
      ? "the issuer's name is not, octet for octet, the subject of its certificate"
      : undefined,
};
