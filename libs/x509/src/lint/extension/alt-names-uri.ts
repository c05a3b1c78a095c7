import { type CertificateRule } from '../to-sign.js';

// RFC 3986: a scheme, and characters that a URI may have, percent signs only before two hex digits.
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
const authority = /^[^:]+:\/\/([^/?#]*)/;
const host = /^(?:[^@]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^:@[\]]+)(?::\d*)?$/;

/** Absolute, and where there is an authority it has a host. */
export const altNamesUri: CertificateRule = {
  id: 'certificate.alt-names.uri',
  section: 'RFC 5280, section 4.2.1.6; RFC 3986',
  severity: 'error',
  check: ({ certificate }) => {
    for (const text of certificate.textsOf(6)) {
      if (!absolute.test(text)) return 'a URI is relative or malformed';
      const place = authority.exec(text)?.[1];
      if (place !== undefined && !host.test(place)) return 'a URI has no host';
    }
    return undefined;
  },
};
