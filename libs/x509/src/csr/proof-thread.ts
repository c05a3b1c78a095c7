import { createPublicKey, verify } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

// Runs as it is in a thread of its own, also from the sources: nothing but Node is imported here.

/** What proves that the sender of a plain request holds the key: ECDSA on P-256 with SHA-256. */
export interface Proof {
  readonly spki: Buffer;
  /** What is signed. */
  readonly info: Buffer;
  readonly signature: Buffer;
}

export type ProofOutcome = 'good' | 'bad-key' | 'bad-signature';

/** Outcomes by their numbers in a message. */
export const proofOutcomes: readonly ProofOutcome[] = ['good', 'bad-key', 'bad-signature'];

/** `spki`, `info` and `signature` of each proof one after the other, with their lengths. */
export interface ProofsMessage {
  readonly bytes: Uint8Array;
  readonly lengths: Uint32Array;
}

/**
 * Checks on this thread. OpenSSL refuses coordinates that are not below the prime and points that are not on the
 * curve; so with the header that a plain request has, one key has one encoding, and needs no writing out to compare.
 */
export const checkProof = (proof: Proof): ProofOutcome => {
  // Node asks of each key whether it is a KeyObject by an exception that it catches: its stack would cost a fifth of all.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return outcomeOf(proof);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};

const outcomeOf = ({ spki, info, signature }: Proof): ProofOutcome => {
  const asDer = { key: spki, format: 'der', type: 'spki' } as const;
  try {
    // In one call, without an object for a key that is never seen again.
    if (verify('sha256', info, asDer, signature)) return 'good';
  } catch {
    // Which of the two it is, is asked only now.
  }
  try {
    createPublicKey(asDer);
    return 'bad-signature';
  } catch {
    return 'bad-key';
  }
};

const answer = ({ bytes, lengths }: ProofsMessage): Uint8Array => {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const outcomes = new Uint8Array(lengths.length / 3);
  let at = 0;
  const next = (index: number): Buffer => all.subarray(at, (at += lengths[index]!));
  for (let each = 0; each < outcomes.length; each++) {
    const proof = { spki: next(each * 3), info: next(each * 3 + 1), signature: next(each * 3 + 2) };
    outcomes[each] = proofOutcomes.indexOf(checkProof(proof));
  }
  return outcomes;
};

export const proofThread = 'cartulary-proofs';

if (workerData === proofThread) {
  parentPort?.on('message', (message: ProofsMessage) => parentPort?.postMessage(answer(message)));
}
