import { type CertificateRule } from '../to-sign.js';

export const issuerKey: CertificateRule = {
  id: 'issuer.key',
  section: 'RFC 5280, section 6.1.3 (a)(1)',
  severity: 'error',
  check: ({ issuer, signingKey }) =>
    issuer && !issuer.key.raw.equals(signingKey.raw) ? 'the signing key is not the one in its certificate' : undefined,
};
