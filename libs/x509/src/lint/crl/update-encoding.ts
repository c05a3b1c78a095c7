import { timeProblem } from '../der/time.js';
import { type CrlRule } from '../to-sign.js';

export const crlUpdateEncoding: CrlRule = {
  id: 'crl.updates.encoding',
  section: 'RFC 5280, sections 5.1.2.4 and 5.1.2.5',
  severity: 'error',
  check: ({ crl: { thisUpdate, nextUpdate } }) => {
    const [first, second] = [timeProblem(thisUpdate), nextUpdate && timeProblem(nextUpdate)];
    return first ? `thisUpdate ${first}` : second && `nextUpdate ${second}`;
  },
};
