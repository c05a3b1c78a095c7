import { type CertificateRule } from '../to-sign.js';
import { type KeyKind } from '../view/key-view.js';

const [keyEncipherment, dataEncipherment, keyAgreement, encipherOnly, decipherOnly] = [2, 3, 4, 7, 8];
const onlySigns = [keyEncipherment, dataEncipherment, keyAgreement, encipherOnly, decipherOnly];

// RFC 8813, section 3: no encipherment with EC keys. RFC 8410, section 5: Ed25519 signs. RFC 9881, section 5: so does
// ML-DSA. RFC 3279, section 2.3.1: RSA agrees on no keys.
const cannot: Readonly<Record<KeyKind, readonly number[]>> = {
  p256: [keyEncipherment, dataEncipherment],
  p384: [keyEncipherment, dataEncipherment],
  rsa: [keyAgreement, encipherOnly, decipherOnly],
  ed25519: onlySigns,
  'ml-dsa-44': onlySigns,
  'ml-dsa-65': onlySigns,
  'ml-dsa-87': onlySigns,
  other: [],
};

export const keyUsageOfKey: CertificateRule = {
  id: 'certificate.key-usage.of-key',
  section: 'RFC 8813, section 3; RFC 8410, section 5; RFC 9881, section 5; RFC 3279, section 2.3.1',
  severity: 'error',
  check: ({ certificate }) =>
    cannot[certificate.key.kind].some((bit) => certificate.hasUsage(bit))
      ? `a ${certificate.key.kind} key can't do what keyUsage says`
      : undefined,
};
