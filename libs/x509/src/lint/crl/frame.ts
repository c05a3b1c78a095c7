import { canonicalProblem } from '../der/canonical.js';
import { elementAt } from '../der/element.js';
import { type CrlRule } from '../to-sign.js';

const valueProblem = (value: Buffer): string | undefined => {
  const element = elementAt(value, 0, value.length);
  return element.end === value.length ? canonicalProblem(element) : 'there are bytes behind the value of an extension';
};

/** Everything but the entries, which are read by themselves. */
export const crlFrame: CrlRule = {
  id: 'crl.der',
  section: 'X.690, sections 10 and 11; RFC 5280, section 5.1',
  severity: 'error',
  check: ({ crl }) => {
    if (crl.frameProblem !== undefined) return crl.frameProblem;
    if (crl.extensions.some(({ writesDefault }) => writesDefault)) return 'critical FALSE is written out';
    for (const { value } of crl.extensions) {
      const problem = valueProblem(value);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
};
