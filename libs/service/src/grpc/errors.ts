import type { EdgeProblemCode } from '@cartulary/contracts';

/** What the gRPC edge refuses by itself; `code` is a row of the problem table. */
export class GrpcEdgeError extends Error {
  constructor(
    readonly code: Extract<EdgeProblemCode, 'TOO_MANY_REQUESTS' | 'UNAVAILABLE' | 'REQUEST_TIMEOUT'>,
    message: string,
    /** Milliseconds until it is worth trying again. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}
