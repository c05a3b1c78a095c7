import { type CertificateRule } from '../to-sign.js';

/** Where subject and issuer are one and no issuer's certificate is named, it is a root: signed by the key in it. */
export const selfSigned: CertificateRule = {
  id: 'certificate.self-signed',
  section: 'RFC 5280, section 3.2',
  severity: 'error',
  check: ({ certificate, signingKey, issuer }) =>
    !issuer && certificate.isSelfIssued && !certificate.key.raw.equals(signingKey.raw)
      ? 'it names itself as issuer and is signed by another key'
      : undefined,
};
