import { type PublicKeyAlgorithm } from './key-algorithm.js';

export interface SignerKey {
  /** Names the key in its store; equals keyHash. */
  readonly keyId: string;
  readonly algorithm: PublicKeyAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Buffer;
  /** SHA-256 of the SPKI, lower-case hex. */
  readonly keyHash: string;
}
