import { type CertificateRule } from '../to-sign.js';

/** Extensions ::= SEQUENCE SIZE (1..MAX). */
export const extensionsPresent: CertificateRule = {
  id: 'certificate.extensions.empty',
  section: 'RFC 5280, section 4.1.2.9',
  severity: 'error',
  check: ({ certificate }) => (certificate.writesEmptyExtensions ? 'the list of extensions is empty' : undefined),
};
