import { keyUsage } from '../certificate/encode-extension.js';
import { type Extension } from '../certificate/extension.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';

/** RSA key transport (TLS 1.2) wants keyEncipherment; EC, Ed25519 and ML-DSA keys only sign (RFC 9881, section 5). */
export const leafKeyUsage = (algorithm: PublicKeyAlgorithm): Extension =>
  algorithm.startsWith('rsa-') ? keyUsage('digitalSignature', 'keyEncipherment') : keyUsage('digitalSignature');
