import { type SignatureAlgorithm } from '../signer/key-algorithm.js';
import { bitString, sequence } from './der-writer.js';
import { signatureIdentifier } from './signature-identifier.js';

/** SIGNED{…}, DER: the bytes that were signed, by what, and the signature. */
export const assembleSigned = (tbs: Buffer, algorithm: SignatureAlgorithm, signature: Buffer): Buffer =>
  sequence(tbs, signatureIdentifier(algorithm), bitString(signature));
