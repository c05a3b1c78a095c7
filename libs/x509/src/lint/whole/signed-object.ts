import { type KeyObject } from 'node:crypto';
import { type SigningUsage } from '../../signer/signing-usage.js';
import { type Rule } from '../finding.js';

/** An object signed with a throw-away key, to be looked at as a whole. */
export interface SignedObject {
  readonly usage: SigningUsage;
  readonly whole: Buffer;
  /** What will be signed with the real key. */
  readonly toBeSigned: Buffer;
  /** AlgorithmIdentifier inside it, DER, in hex; undefined where the structure has none. */
  readonly innerAlgorithm: string | undefined;
  readonly publicKey: KeyObject;
}

export type WholeRule = Rule<SignedObject>;
