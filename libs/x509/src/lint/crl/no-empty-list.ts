import { type CrlRule } from '../to-sign.js';

export const crlNoEmptyList: CrlRule = {
  id: 'crl.entries.empty',
  section: 'RFC 5280, section 5.1.2.6',
  severity: 'error',
  check: ({ crl }) => (crl.writesEmptyList ? 'an empty list of entries is written out' : undefined),
};
