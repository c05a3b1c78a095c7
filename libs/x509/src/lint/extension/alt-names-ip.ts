import { type CertificateRule } from '../to-sign.js';

export const altNamesIp: CertificateRule = {
  id: 'certificate.alt-names.ip',
  section: 'RFC 5280, section 4.2.1.6',
  severity: 'error',
  check: ({ certificate }) =>
    certificate.names.some(({ kind, content: { length } }) => kind === 7 && length !== 4 && length !== 16)
      ? 'an address has other than 4 or 16 octets'
      : undefined,
};
