import { type Proof, type ProofOutcome } from './proof-thread.js';

export { checkProof } from './proof-thread.js';
export type { Proof, ProofOutcome } from './proof-thread.js';

export interface ProofCheck {
  check(proof: Proof): ProofOutcome | Promise<ProofOutcome>;
}
