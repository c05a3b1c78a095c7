import { nameOfOid } from '../oids.js';
import { type CrlRule } from '../to-sign.js';
import { repeatedOid } from '../view/extension-view.js';

export const crlExtensionsUnique: CrlRule = {
  id: 'crl.extensions.unique',
  section: 'RFC 5280, section 4.2 and 5.2',
  severity: 'error',
  check: ({ crl }) => {
    const oid = repeatedOid(crl.extensions);
    return oid && `${nameOfOid(oid)} occurs twice`;
  },
};
