import { type CertificateRule } from '../to-sign.js';

/** A leaf's SPIFFE ID has a path, a signing certificate's has none. */
export const svidPath: CertificateRule = {
  id: 'svid.path',
  section: 'X.509-SVID, sections 3.1 and 3.2',
  severity: 'error',
  check: ({ certificate }) => {
    const [id] = certificate.spiffeIds;
    if (id === undefined) return undefined;
    const hasPath = id.indexOf('/', 'spiffe://'.length) > 0;
    if (certificate.isCa) return hasPath ? 'a signing certificate has a path' : undefined;
    return hasPath ? undefined : 'a leaf has no path';
  },
};
