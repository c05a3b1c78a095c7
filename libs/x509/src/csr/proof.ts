import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** What proves that the sender of a plain request holds the key: ECDSA on P-256 with SHA-256. */
export interface Proof {
  readonly spki: Buffer;
  /** What is signed. */
  readonly info: Buffer;
  readonly signature: Buffer;
}

export type ProofOutcome = 'good' | 'bad-key' | 'bad-signature';

export interface ProofCheck {
  check(proof: Proof): ProofOutcome | Promise<ProofOutcome>;
}

/**
 * Checks on this thread. OpenSSL refuses coordinates that are not below the prime and points that are not on the
 * curve; so with the header that a plain request has, one key has one encoding, and needs no writing out to compare.
 */
export const checkProof = ({ spki, info, signature }: Proof): ProofOutcome => {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return 'bad-key';
  }
  try {
    return verify('sha256', info, key, signature) ? 'good' : 'bad-signature';
  } catch {
    return 'bad-signature';
  }
};
