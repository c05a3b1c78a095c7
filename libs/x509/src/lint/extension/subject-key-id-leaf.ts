import { type CertificateRule } from '../to-sign.js';

export const subjectKeyIdLeaf: CertificateRule = {
  id: 'certificate.subject-key-id.leaf',
  section: 'RFC 5280, section 4.2.1.2',
  severity: 'warning',
  check: ({ certificate }) => (certificate.isCa || certificate.subjectKeyId ? undefined : 'it should be there'),
};
