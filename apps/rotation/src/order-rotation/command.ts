import { Command } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { Rotation, RotationRequest } from '@cartulary/contracts';
import type { Idempotency } from '@cartulary/ledger';

export interface RequestContext {
  readonly caller: Caller;
  readonly correlationId: string;
  readonly idempotency?: Idempotency;
}

/** Has certificates replaced, each at its own turn. */
export class OrderRotationCommand extends Command<Rotation> {
  constructor(
    readonly request: RotationRequest,
    readonly context: RequestContext,
  ) {
    super();
  }
}
