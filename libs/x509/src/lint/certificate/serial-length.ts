import { type CertificateRule } from '../to-sign.js';

export const serialLength: CertificateRule = {
  id: 'certificate.serial.length',
  section: 'RFC 5280, section 4.1.2.2',
  severity: 'error',
  check: ({ certificate: { serial } }) =>
    serial.length > 20 ? 'the serial number has more than 20 octets' : undefined,
};
