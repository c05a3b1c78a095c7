import { type CrlRule } from '../to-sign.js';

export const crlUpdateOrder: CrlRule = {
  id: 'crl.updates.order',
  section: 'RFC 5280, section 5.1.2.5',
  severity: 'error',
  check: ({ crl: { thisUpdate, nextUpdate } }) => {
    if (!nextUpdate) return 'nextUpdate is missing';
    return nextUpdate.ms <= thisUpdate.ms ? 'nextUpdate is not after thisUpdate' : undefined;
  },
};
