import { nameOfOid } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';
import { knownExtensions } from './known-extensions.js';

/** What nobody knows must not be critical: everybody would refuse the certificate. */
export const unknownCritical: CertificateRule = {
  id: 'certificate.extensions.unknown-critical',
  section: 'RFC 5280, section 4.2',
  severity: 'error',
  check: ({ certificate: { extensions } }) => {
    const unknown = extensions.find(({ oid, critical }) => critical && !knownExtensions.has(oid));
    return unknown && `${nameOfOid(unknown.oid)} is critical`;
  },
};
