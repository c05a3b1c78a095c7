import { type ResponseRule } from '../to-sign.js';

export const responseUpdateOrder: ResponseRule = {
  id: 'ocsp.times.order',
  section: 'RFC 6960, sections 2.4 and 4.2.2.1; RFC 5019, section 2.2.4 (nextUpdate)',
  severity: 'error',
  check: ({ response: { responses } }) => {
    for (const { thisUpdate, nextUpdate } of responses) {
      if (!nextUpdate) return 'nextUpdate is missing';
      if (nextUpdate.ms < thisUpdate.ms) return 'nextUpdate is before thisUpdate';
    }
    return undefined;
  },
};
