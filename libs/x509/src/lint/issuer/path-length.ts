import { type CertificateRule } from '../to-sign.js';

/** Below an issuer with path length n, a CA's is at most n − 1. */
export const issuerPathLength: CertificateRule = {
  id: 'issuer.path-length',
  section: 'RFC 5280, sections 4.2.1.9 and 6.1.4 (l), (m)',
  severity: 'error',
  check: ({ certificate, issuer }) => {
    const left = issuer?.basicConstraints?.pathLength;
    if (left === undefined || !certificate.isCa || certificate.isSelfIssued) return undefined;
    return left < 1 || (certificate.basicConstraints?.pathLength ?? left - 1) > left - 1
      ? "the issuer's path length is used up"
      : undefined;
  },
};
