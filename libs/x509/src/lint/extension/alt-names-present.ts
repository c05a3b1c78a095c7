import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';

export const altNamesPresent: CertificateRule = {
  id: 'certificate.alt-names.empty',
  section: 'RFC 5280, section 4.2.1.6',
  severity: 'error',
  check: ({ certificate }) => {
    if (!certificate.extension(oids.subjectAltName)) return undefined;
    if (certificate.names.length === 0) return 'no name';
    return certificate.names.some(({ content }) => content.length === 0) ? 'an empty name' : undefined;
  },
};
