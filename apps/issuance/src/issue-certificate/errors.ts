import type { PolicyProblemCode } from '@cartulary/contracts';

/** What the issuance policy refuses. */
export class PolicyError extends Error {
  constructor(
    readonly code: PolicyProblemCode,
    message: string,
  ) {
    super(message);
  }
}
