import { canonicalProblem } from '../der/canonical.js';
import { elementAt } from '../der/element.js';
import { knownExtensions } from '../extension/known-extensions.js';
import { type CertificateRule } from '../to-sign.js';

/** Not only BER: also what the known extensions hold, and an RSA key's own structure. */
export const canonical: CertificateRule = {
  id: 'certificate.der',
  section: 'X.690, sections 10 and 11; RFC 5280, section 4.1',
  severity: 'error',
  check: ({ certificate: { element, extensions, key } }) => {
    const problem = canonicalProblem(element);
    if (problem !== undefined) return problem;
    const values = extensions.filter(({ oid }) => knownExtensions.has(oid)).map(({ value }) => value);
    if (key.kind === 'rsa' && key.bits) values.push(key.bits);
    for (const value of values) {
      const inner = elementAt(value, 0, value.length);
      if (inner.end !== value.length) return 'there are bytes behind the value of an extension or key';
      const found = canonicalProblem(inner);
      if (found !== undefined) return found;
    }
    return undefined;
  },
};
