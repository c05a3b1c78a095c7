import { type CertificateRule } from '../to-sign.js';

export const svidOneUri: CertificateRule = {
  id: 'svid.one-uri',
  section: 'X.509-SVID, section 2',
  severity: 'error',
  check: ({ certificate }) =>
    certificate.spiffeIds.length > 0 && certificate.textsOf(6).length !== 1
      ? 'an X.509-SVID has exactly one URI'
      : undefined,
};
