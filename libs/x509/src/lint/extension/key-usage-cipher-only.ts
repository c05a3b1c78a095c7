import { type CertificateRule } from '../to-sign.js';

const [keyAgreement, encipherOnly, decipherOnly] = [4, 7, 8];

export const keyUsageCipherOnly: CertificateRule = {
  id: 'certificate.key-usage.cipher-only',
  section: 'RFC 5280, section 4.2.1.3',
  severity: 'error',
  check: ({ certificate }) =>
    (certificate.hasUsage(encipherOnly) || certificate.hasUsage(decipherOnly)) && !certificate.hasUsage(keyAgreement)
      ? 'encipherOnly or decipherOnly without keyAgreement means nothing'
      : undefined,
};
