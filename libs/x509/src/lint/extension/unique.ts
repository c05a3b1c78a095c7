import { nameOfOid } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';
import { repeatedOid } from '../view/extension-view.js';

export const extensionsUnique: CertificateRule = {
  id: 'certificate.extensions.unique',
  section: 'RFC 5280, section 4.2',
  severity: 'error',
  check: ({ certificate }) => {
    const oid = repeatedOid(certificate.extensions);
    return oid && `${nameOfOid(oid)} occurs twice`;
  },
};
