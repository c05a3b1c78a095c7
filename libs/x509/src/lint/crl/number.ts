import { contentOf, onlyElement } from '../der/element.js';
import { oids } from '../oids.js';
import { type CrlRule } from '../to-sign.js';
import { byOid } from '../view/extension-view.js';

export const crlNumber: CrlRule = {
  id: 'crl.number',
  section: 'RFC 5280, section 5.2.3',
  severity: 'error',
  check: ({ crl }) => {
    const extension = byOid(crl.extensions, oids.crlNumber);
    if (!extension) return 'it is missing';
    if (extension.critical) return 'it is critical';
    const octets = contentOf(onlyElement(extension.value, 0x02));
    if (octets[0]! >= 0x80) return 'it is negative';
    return octets.length > 20 ? 'it has more than 20 octets' : undefined;
  },
};
