import { type CertificateRule } from '../to-sign.js';

/** With extensions it is version 3, written as 2. */
export const version: CertificateRule = {
  id: 'certificate.version',
  section: 'RFC 5280, section 4.1.2.1',
  severity: 'error',
  check: ({ certificate }) => (certificate.version === 2 ? undefined : 'the version is not 3'),
};
