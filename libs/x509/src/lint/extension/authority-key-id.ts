import { type CertificateRule } from '../to-sign.js';

/** By key identifier, in all but self-signed certificates. */
export const authorityKeyId: CertificateRule = {
  id: 'certificate.authority-key-id',
  section: 'RFC 5280, section 4.2.1.1',
  severity: 'error',
  check: ({ certificate }) => {
    const id = certificate.authorityKeyId;
    if (!id) return certificate.isSelfIssued ? undefined : 'it is missing';
    if (id.hasIssuer !== id.hasSerial) return 'of issuer and serial number one is missing';
    return id.keyId && id.keyId.length > 0 ? undefined : 'it has no key identifier';
  },
};
