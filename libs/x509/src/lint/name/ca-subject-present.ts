import { type CertificateRule } from '../to-sign.js';

export const caSubjectPresent: CertificateRule = {
  id: 'certificate.subject.ca',
  section: 'RFC 5280, section 4.1.2.6',
  severity: 'error',
  check: ({ certificate }) =>
    certificate.isCa && certificate.subject.attributes.length === 0 ? 'a CA has no name' : undefined,
};
