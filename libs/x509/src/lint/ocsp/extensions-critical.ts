import { nameOfOid } from '../oids.js';
import { type ResponseRule } from '../to-sign.js';

/** None that we write must be understood. */
export const responseExtensionsCritical: ResponseRule = {
  id: 'ocsp.extensions.critical',
  section: 'RFC 6960, section 4.4',
  severity: 'error',
  check: ({ response: { extensions, responses } }) => {
    for (const list of [extensions, ...responses.map((single) => single.extensions)]) {
      const critical = list.find((extension) => extension.critical);
      if (critical) return `${nameOfOid(critical.oid)} is critical`;
    }
    return undefined;
  },
};
