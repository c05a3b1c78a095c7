import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { ProjectionGeneration } from '@cartulary/contracts';
import type { Idempotency } from '@cartulary/ledger';
import { generationView } from '../list-projections/generation-view.js';
import { ProblemError } from '../problem-error.js';
import { GenerationKeeper } from '../projection/generation-keeper.js';
import { Generations } from '../projection/generations.js';
import { PROJECTION_VERSION } from '../projection/rows.js';

export class RebuildProjectionCommand extends Command<ProjectionGeneration> {
  constructor(
    readonly name: string,
    readonly context: { readonly caller: Caller; readonly idempotency?: Idempotency },
  ) {
    super();
  }
}

@CommandHandler(RebuildProjectionCommand)
export class RebuildProjectionHandler implements ICommandHandler<RebuildProjectionCommand> {
  constructor(
    private readonly generations: Generations,
    private readonly keeper: GenerationKeeper,
  ) {}

  /** Begins it; the next look of any inventory builds it, this one's comes at once. */
  async execute({ name, context }: RebuildProjectionCommand): Promise<ProjectionGeneration> {
    if (name !== 'inventory') throw new ProblemError('PROJECTION_NOT_FOUND', `there is no projection ${name}`);
    const { caller, idempotency } = context;
    const generation = await this.generations.begin({
      version: PROJECTION_VERSION,
      reason: 'ordered',
      startedBy: caller.actor.id,
      ...(idempotency ? { request: `${idempotency.scope} ${idempotency.key}` } : {}),
    });
    if (generation === undefined) throw new ProblemError('PROJECTION_BEING_REBUILT', `${name} is being rebuilt`);
    this.keeper.wake();
    const record = await this.generations.record(generation);
    if (!record) throw new Error(`generation ${generation} is gone`);
    return generationView(record);
  }
}
