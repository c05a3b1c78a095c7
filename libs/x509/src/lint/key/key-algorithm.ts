import { oids } from '../oids.js';
import { type CertificateRule } from '../to-sign.js';
import { type KeyKind } from '../view/key-view.js';

// RFC 5480, section 2.1.1: a named curve. RFC 3279, section 2.3.1: NULL. RFC 8410, section 3 and RFC 9881, section 4:
// no parameters.
const identifiers: Readonly<Record<KeyKind, string>> = {
  p256: `30130607${oids.ecPublicKey}0608${oids.p256}`,
  p384: `30100607${oids.ecPublicKey}0605${oids.p384}`,
  rsa: `300d0609${oids.rsaEncryption}0500`,
  ed25519: `30050603${oids.ed25519}`,
  'ml-dsa-44': `300b0609${oids.mlDsa44}`,
  'ml-dsa-65': `300b0609${oids.mlDsa65}`,
  'ml-dsa-87': `300b0609${oids.mlDsa87}`,
  other: '',
};

export const keyAlgorithm: CertificateRule = {
  id: 'certificate.key.algorithm',
  section: 'RFC 5280, section 4.1.2.7; RFC 5480, section 2.1.1; RFC 3279, section 2.3.1; RFC 8410; RFC 9881',
  severity: 'error',
  check: ({ certificate: { key } }) => {
    if (key.kind === 'other') return 'the key is of a kind or curve that is not certified';
    return key.identifier === identifiers[key.kind] ? undefined : 'the parameters of the key are wrong';
  },
};
