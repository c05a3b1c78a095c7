import { type CertificateRule } from '../to-sign.js';

// SPIFFE-ID, section 2: lower-case scheme, a trust domain of [a-z0-9.-_] up to 255 octets, segments of [A-Za-z0-9.-_]
// that are not empty, "." or "..". No user information, port, query, fragment or percent sign fits.
const syntax = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)*$/;

export const svidSpiffeId: CertificateRule = {
  id: 'svid.spiffe-id',
  section: 'SPIFFE-ID, sections 2.1 to 2.3',
  severity: 'error',
  check: ({ certificate }) => {
    for (const id of certificate.spiffeIds) {
      if (id.length > 2048) return 'a SPIFFE ID has more than 2048 octets';
      if (!syntax.test(id)) return 'a SPIFFE ID is malformed, or has user information, port, query or fragment';
    }
    return undefined;
  },
};
