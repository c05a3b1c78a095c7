import { type CertificateRule } from '../to-sign.js';

export const uniqueIds: CertificateRule = {
  id: 'certificate.unique-ids',
  section: 'RFC 5280, section 4.1.2.8',
  severity: 'error',
  check: ({ certificate }) => (certificate.hasUniqueIds ? 'unique identifiers are not made any more' : undefined),
};
