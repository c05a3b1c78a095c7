import { contentOf, onlyElement } from '../der/element.js';
import { oids } from '../oids.js';
import { type ResponseRule } from '../to-sign.js';
import { byOid } from '../view/extension-view.js';

export const responseNonce: ResponseRule = {
  id: 'ocsp.nonce',
  section: 'RFC 9654, section 2.1',
  severity: 'error',
  check: ({ response }) => {
    const extension = byOid(response.extensions, oids.ocspNonce);
    if (!extension) return undefined;
    const { length } = contentOf(onlyElement(extension.value, 0x04));
    return length >= 1 && length <= 128 ? undefined : 'a nonce has 1 to 128 octets';
  },
};
