import { nameOfOid } from '../oids.js';
import { type ResponseRule } from '../to-sign.js';
import { repeatedOid } from '../view/extension-view.js';

export const responseExtensionsUnique: ResponseRule = {
  id: 'ocsp.extensions.unique',
  section: 'RFC 5280, section 4.2; RFC 6960, section 4.4',
  severity: 'error',
  check: ({ response: { extensions, responses } }) => {
    const oid = [extensions, ...responses.map((single) => single.extensions)].map(repeatedOid).find((found) => found);
    return oid && `${nameOfOid(oid)} occurs twice`;
  },
};
