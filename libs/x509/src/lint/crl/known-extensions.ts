import { nameOfOid, oids } from '../oids.js';
import { type CrlRule } from '../to-sign.js';

const known: ReadonlySet<string> = new Set([
  oids.authorityKeyIdentifier,
  oids.crlNumber,
  oids.deltaCrlIndicator,
  oids.freshestCrl,
]);

/** The issuing distribution point has a rule of its own. */
export const crlKnownExtensions: CrlRule = {
  id: 'crl.extensions.unknown',
  section: 'RFC 5280, section 5.2',
  severity: 'error',
  check: ({ crl }) => {
    const unknown = crl.extensions.find(({ oid }) => !known.has(oid) && oid !== oids.issuingDistributionPoint);
    return unknown && `${nameOfOid(unknown.oid)} is no extension of our CRLs`;
  },
};
