import { hexOf, onlyElement } from '../der/element.js';
import { oids } from '../oids.js';
import { type CrlRule } from '../to-sign.js';
import { byOid } from '../view/extension-view.js';

const numberIn = (value: Buffer): bigint => BigInt(`0x${hexOf(onlyElement(value, 0x02)) || 0}`);

/** Critical, and the base is an earlier CRL than the delta's own number. */
export const crlDeltaIndicator: CrlRule = {
  id: 'crl.delta-indicator',
  section: 'RFC 5280, section 5.2.4',
  severity: 'error',
  check: ({ crl }) => {
    const indicator = byOid(crl.extensions, oids.deltaCrlIndicator);
    if (!indicator) return undefined;
    if (!indicator.critical) return 'it is not critical';
    const number = byOid(crl.extensions, oids.crlNumber);
    return number && numberIn(indicator.value) > numberIn(number.value)
      ? 'the base is later than the delta'
      : undefined;
  },
};
