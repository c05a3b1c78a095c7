import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';

export const emptySubject: CertificateRule = {
  id: 'certificate.subject.empty',
  section: 'RFC 5280, section 4.2.1.6',
  severity: 'error',
  check: ({ certificate }) => {
    if (certificate.subject.attributes.length > 0) return undefined;
    const names = certificate.extension(oids.subjectAltName);
    return names?.critical ? undefined : 'without a subject, the subjectAltName must be there and critical';
  },
};
