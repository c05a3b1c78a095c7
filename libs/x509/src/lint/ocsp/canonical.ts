import { canonicalProblem } from '../der/canonical.js';
import { type ResponseRule } from '../to-sign.js';

/** Version 1 is the default, so it isn't written. */
export const responseDer: ResponseRule = {
  id: 'ocsp.der',
  section: 'X.690, sections 10 and 11; RFC 6960, section 4.2.1',
  severity: 'error',
  check: ({ response }) => {
    if (response.writesVersion) return 'the version is written out';
    if (response.writesEmptyExtensions) return 'an empty list of extensions is written out';
    if (response.extensions.some(({ writesDefault }) => writesDefault)) return 'critical FALSE is written out';
    return canonicalProblem(response.element);
  },
};
