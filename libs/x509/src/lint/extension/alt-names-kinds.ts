import { type CertificateRule } from '../to-sign.js';

const kinds = new Set([2, 6, 7]);

/** Ours are DNS names, URIs and addresses. Mail addresses (also those of RFC 9598) and the other kinds are certified by no profile. */
export const altNamesKinds: CertificateRule = {
  id: 'certificate.alt-names.kinds',
  section: 'RFC 5280, section 4.2.1.6; RFC 9598, section 3',
  severity: 'error',
  check: ({ certificate }) =>
    certificate.names.some(({ kind }) => !kinds.has(kind)) ? 'a name is of a kind that is not certified' : undefined,
};
