import { type CertificateRule } from '../to-sign.js';

export const issuerPresent: CertificateRule = {
  id: 'certificate.issuer.present',
  section: 'RFC 5280, section 4.1.2.4',
  severity: 'error',
  check: ({ certificate: { issuer } }) => (issuer.attributes.length === 0 ? 'the issuer has no name' : undefined),
};
