import { type CertificateRule } from '../to-sign.js';

export const issuerKeyId: CertificateRule = {
  id: 'issuer.key-id',
  section: 'RFC 5280, section 4.2.1.1',
  severity: 'error',
  check: ({ certificate, issuer }) => {
    const [expected, found] = [issuer?.subjectKeyId, certificate.authorityKeyId?.keyId];
    return expected && found && !found.equals(expected)
      ? "the authority key identifier is not the issuer's subject key identifier"
      : undefined;
  },
};
