import { type CertificateRule } from '../to-sign.js';

const keyCertSign = 5;

export const issuerMaySign: CertificateRule = {
  id: 'issuer.may-sign',
  section: 'RFC 5280, sections 4.2.1.3, 4.2.1.9 and 6.1.4 (k), (n)',
  severity: 'error',
  check: ({ issuer }) =>
    issuer && !(issuer.isCa && issuer.hasUsage(keyCertSign))
      ? 'the issuer is no CA that signs certificates'
      : undefined,
};
