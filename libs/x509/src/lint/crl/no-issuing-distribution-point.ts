import { oids } from '../oids.js';
import { type CrlRule } from '../to-sign.js';

/** Without one a CRL is complete for its issuer. Envoy and others go wrong where there is one (DESIGN §11.1). */
export const crlNoIssuingDistributionPoint: CrlRule = {
  id: 'crl.issuing-distribution-point',
  section: 'RFC 5280, section 5.2.5',
  severity: 'error',
  check: ({ crl }) =>
    crl.extensions.some(({ oid }) => oid === oids.issuingDistributionPoint) ? 'there is one' : undefined,
};
