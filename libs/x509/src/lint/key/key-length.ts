import { type CertificateRule } from '../to-sign.js';
import { type KeyKind } from '../view/key-view.js';

// Octets. RFC 5480, section 2.2: an uncompressed point. RFC 8410, section 4. FIPS 204, table 2.
const octets: Partial<Record<KeyKind, number>> = {
  p256: 65,
  p384: 97,
  ed25519: 32,
  'ml-dsa-44': 1312,
  'ml-dsa-65': 1952,
  'ml-dsa-87': 2592,
};

export const keyLength: CertificateRule = {
  id: 'certificate.key.length',
  section: 'RFC 5480, section 2.2; RFC 8410, section 4; RFC 9881, section 4',
  severity: 'error',
  check: ({ certificate: { key } }) => {
    if (!key.bits) return 'the key is not of whole octets';
    const length = octets[key.kind];
    return length !== undefined && key.bits.length !== length ? 'the key has another length than its kind' : undefined;
  },
};
