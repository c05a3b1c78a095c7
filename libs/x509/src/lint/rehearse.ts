import { createPublicKey, type KeyObject } from 'node:crypto';
import { assembleSigned } from '../asn1/assemble-signed.js';
import { type KeyAlgorithm, type PublicKeyAlgorithm, signatureAlgorithmFor } from '../signer/key-algorithm.js';
import { generatePrivateKey, signWithKey } from '../signer/private-key.js';
import { type SigningUsage } from '../signer/signing-usage.js';
import { guarded } from './guarded.js';
import { applyRules, type Finding } from './finding.js';
import { wholeRules } from './whole-rules.js';

// A signature's form follows from its kind, not from the modulus: RSA keys of any size are stood in for by a small one.
const standIn = (algorithm: PublicKeyAlgorithm): KeyAlgorithm =>
  algorithm.startsWith('rsa-') ? 'rsa-2048' : (algorithm as KeyAlgorithm);

const throwAway = new Map<KeyAlgorithm, Promise<KeyObject>>();

const throwAwayKey = (algorithm: KeyAlgorithm): Promise<KeyObject> => {
  const key = throwAway.get(algorithm) ?? generatePrivateKey(algorithm);
  throwAway.set(algorithm, key);
  return key;
};

export interface Rehearsal {
  readonly usage: SigningUsage;
  readonly toBeSigned: Buffer;
  readonly innerAlgorithm: string | undefined;
  /** Of the real key. */
  readonly algorithm: PublicKeyAlgorithm;
}

/** Signs with a throw-away key of the same kind, and looks at the whole object. */
export const rehearse = async ({ usage, toBeSigned, innerAlgorithm, algorithm }: Rehearsal): Promise<Finding[]> => {
  const key = await throwAwayKey(standIn(algorithm));
  const signature = await signWithKey(key, algorithm, toBeSigned);
  const whole = assembleSigned(toBeSigned, signatureAlgorithmFor(algorithm), signature);
  const object = { usage, whole, toBeSigned, innerAlgorithm, publicKey: createPublicKey(key) };
  return guarded('whole.der', () => applyRules(wholeRules, object));
};
