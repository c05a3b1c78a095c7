import { type CertificateRule } from '../to-sign.js';

export const subjectKeyId: CertificateRule = {
  id: 'certificate.subject-key-id.ca',
  section: 'RFC 5280, section 4.2.1.2',
  severity: 'error',
  check: ({ certificate }) => {
    const id = certificate.subjectKeyId;
    if (id) return id.length > 0 ? undefined : 'it is empty';
    return certificate.isCa ? 'a CA has none' : undefined;
  },
};
