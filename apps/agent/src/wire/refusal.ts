import { status } from '@grpc/grpc-js';

/** How a call ends that is not done: gRPC's status and what its caller reads. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: status,
    readonly details: string,
  ) {
    super(details);
  }
}

/** What goes out for any error: that of somebody else's mistake as it is, of ours nothing. */
export const refusalOf = (error: unknown): Refusal =>
  error instanceof Refusal
    ? error
    : new Refusal(status.INTERNAL, 'something went wrong in the agent; its log says more');
