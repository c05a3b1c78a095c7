import { isHttpUrl } from '../extension/http-url.js';
import { oids } from '../oids.js';
import { type CrlRule } from '../to-sign.js';
import { distributionPoints } from '../view/extension-values.js';
import { byOid } from '../view/extension-view.js';

/** Not critical, in complete CRLs alone, and says where the delta is. */
export const crlFreshest: CrlRule = {
  id: 'crl.freshest-crl',
  section: 'RFC 5280, section 5.2.6',
  severity: 'error',
  check: ({ crl }) => {
    const extension = byOid(crl.extensions, oids.freshestCrl);
    if (!extension) return undefined;
    if (extension.critical) return 'it is critical';
    if (byOid(crl.extensions, oids.deltaCrlIndicator)) return 'a delta has none';
    const points = distributionPoints(extension.value);
    const fit = points.every(
      ({ names, hasReasons, hasCrlIssuer }) =>
        names.length > 0 && names.every(isHttpUrl) && !hasReasons && !hasCrlIssuer,
    );
    return points.length > 0 && fit ? undefined : 'it names no http URL, or reasons or another issuer';
  },
};
