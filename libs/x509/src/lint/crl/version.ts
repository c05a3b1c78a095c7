import { type CrlRule } from '../to-sign.js';

export const crlVersion: CrlRule = {
  id: 'crl.version',
  section: 'RFC 5280, section 5.1.2.1',
  severity: 'error',
  check: ({ crl }) => (crl.version === 1 ? undefined : 'the version is not 2'),
};
