import { type CertificateRule } from '../to-sign.js';

export const serialPositive: CertificateRule = {
  id: 'certificate.serial.positive',
  section: 'RFC 5280, section 4.1.2.2',
  severity: 'error',
  check: ({ certificate: { serial } }) => {
    if (serial.length > 0 && serial[0]! >= 0x80) return 'the serial number is negative';
    return serial.every((octet) => octet === 0) ? 'the serial number is zero' : undefined;
  },
};
