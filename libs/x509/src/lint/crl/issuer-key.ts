import { type CrlRule } from '../to-sign.js';

const cRLSign = 6;

export const crlIssuerKey: CrlRule = {
  id: 'crl.issuer-key',
  section: 'RFC 5280, sections 4.2.1.3 and 6.3.3 (f), (g)',
  severity: 'error',
  check: ({ issuer, signingKey }) => {
    if (!issuer) return undefined;
    if (!issuer.key.raw.equals(signingKey.raw)) return 'the signing key is not the one in its certificate';
    return issuer.keyUsage && !issuer.hasUsage(cRLSign) ? 'the issuer may not sign CRLs' : undefined;
  },
};
