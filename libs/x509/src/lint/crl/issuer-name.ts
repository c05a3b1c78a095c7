import { nameLengthsProblem, nameStringsProblem } from '../name/attribute-rules.js';
import { type CrlRule } from '../to-sign.js';

/** There is one, well formed, and where the certificate is named it is that one's subject. */
export const crlIssuerName: CrlRule = {
  id: 'crl.issuer',
  section: 'RFC 5280, sections 5.1.2.3 and 6.3.3 (b)(1)',
  severity: 'error',
  check: ({ crl, issuer }) => {
    if (crl.issuer.attributes.length === 0) return 'the issuer has no name';
    if (issuer && !issuer.subject.raw.equals(crl.issuer.raw))
      return "it is not the subject of the issuer's certificate";
    return nameStringsProblem(crl.issuer) ?? nameLengthsProblem(crl.issuer);
  },
};
