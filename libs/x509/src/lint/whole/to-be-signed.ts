import { childrenOf, onlyElement, rawOf } from '../der/element.js';
import { type WholeRule } from './signed-object.js';

/** What was signed stands in the object octet for octet, once, with algorithm and signature behind it and nothing more. */
export const wholeToBeSigned: WholeRule = {
  id: 'whole.to-be-signed',
  section: 'RFC 5280, sections 4.1 and 5.1; RFC 6960, section 4.2.1',
  severity: 'error',
  check: ({ whole, toBeSigned }) => {
    const [tbs, algorithm, signature, ...more] = childrenOf(onlyElement(whole, 0x30));
    if (algorithm?.tag !== 0x30 || signature?.tag !== 0x03 || more.length > 0) return 'it has not three parts';
    return tbs && rawOf(tbs).equals(toBeSigned) ? undefined : 'the bytes in it are not those to be signed';
  },
};
