import { keyUsage } from '../certificate/encode-extension.js';
import { type Extension } from '../certificate/extension.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';

/** RSA key transport (TLS 1.2) wants keyEncipherment; EC and Ed25519 keys only sign. */
export const leafKeyUsage = (algorithm: PublicKeyAlgorithm): Extension =>
  algorithm.startsWith('rsa-') ? keyUsage('digitalSignature', 'keyEncipherment') : keyUsage('digitalSignature');
