import { nameOfOid } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';
import { knownExtensions } from './known-extensions.js';

export const unknownExtension: CertificateRule = {
  id: 'certificate.extensions.unknown',
  section: 'RFC 5280, section 4.2',
  severity: 'warning',
  check: ({ certificate: { extensions } }) => {
    const unknown = extensions.find(({ oid, critical }) => !critical && !knownExtensions.has(oid));
    return unknown && `${nameOfOid(unknown.oid)} is no extension of ours`;
  },
};
