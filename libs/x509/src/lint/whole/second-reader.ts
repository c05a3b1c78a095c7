import { X509Certificate } from 'node:crypto';
import { type WholeRule } from './signed-object.js';

/** OpenSSL, which is behind Node, reads the certificate and verifies it. */
export const wholeSecondReader: WholeRule = {
  id: 'whole.second-reader',
  section: 'RFC 5280, section 4',
  severity: 'error',
  check: ({ usage, whole, publicKey }) => {
    if (usage !== 'certificate') return undefined;
    try {
      return new X509Certificate(whole).verify(publicKey) ? undefined : 'another reader does not verify it';
    } catch {
      return 'another reader cannot read it';
    }
  },
};
