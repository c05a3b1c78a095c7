import type { Caller } from '@cartulary/access';
import type { Timestamp } from '@cartulary/domain';
import type { Idempotency } from '@cartulary/ledger';

/** Who asks, and what ties the request together. */
export interface RequestContext {
  readonly caller: Caller;
  readonly correlationId: string;
  /** The event that this follows from, where it is not a request. */
  readonly causationId?: string;
  readonly idempotency?: Idempotency;
  /** When that event happened: a clock behind it, on another machine, must not refuse what follows. */
  readonly since?: Timestamp;
}
