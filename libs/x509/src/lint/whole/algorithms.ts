import { childrenOf, onlyElement, rawOf } from '../der/element.js';
import { type WholeRule } from './signed-object.js';

export const wholeAlgorithms: WholeRule = {
  id: 'whole.algorithms',
  section: 'RFC 5280, sections 4.1.1.2 and 5.1.1.2',
  severity: 'error',
  check: ({ whole, innerAlgorithm }) => {
    const algorithm = childrenOf(onlyElement(whole, 0x30))[1];
    if (innerAlgorithm === undefined || !algorithm) return undefined;
    return rawOf(algorithm).toString('hex') === innerAlgorithm ? undefined : 'outer and inner algorithm differ';
  },
};
