import { type CertificateRule } from '../to-sign.js';

/** Not in the RFC, where each certificate is checked by itself; but what outlives its issuer is refused early. */
export const issuerValidity: CertificateRule = {
  id: 'issuer.validity',
  section: 'RFC 5280, section 6.1.3 (a)(2)',
  severity: 'error',
  check: ({ certificate, issuer }) =>
    issuer && (certificate.notBefore.ms < issuer.notBefore.ms || certificate.notAfter.ms > issuer.notAfter.ms)
      ? "the validity is not within the issuer's"
      : undefined,
};
