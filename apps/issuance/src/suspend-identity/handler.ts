import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { demandReach } from '@cartulary/access';
import type { Identity as IdentityDocument } from '@cartulary/contracts';
import {
  fold,
  identityDecider,
  IdentityNotRegisteredError,
  identityStream,
  parseIdentity,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { identityView, Settings } from '@cartulary/service';
import type { RequestContext } from '../issue-certificate/command.js';

/** Suspends an identity, or reinstates it. */
export class ChangeSuspensionCommand extends Command<IdentityDocument> {
  constructor(
    readonly type: 'SuspendIdentity' | 'ReinstateIdentity',
    readonly id: string,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(ChangeSuspensionCommand)
export class ChangeSuspensionHandler implements ICommandHandler<ChangeSuspensionCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ type, id, context: { caller, ...trace } }: ChangeSuspensionCommand): Promise<IdentityDocument> {
    const identity = parseIdentity(id, this.settings.trustDomain);
    demandReach(caller, identity);
    const stream = identityStream(identity.id);
    const now = timestamp(this.clock.now());
    await decideOn(this.ledger, { ...trace, streams: [stream], actor: caller.actor, recordedAt: now }, (histories) => {
      const state = fold(identityDecider, histories.get(stream)?.events ?? []);
      const events = identityDecider.decide({ type, identity: identity.id, now }, state);
      return { events: events.map((event) => ({ stream, ...event })), result: undefined };
    });
    const { events } = await this.ledger.readStream(stream);
    const state = fold(identityDecider, events);
    if (state.status === 'unregistered') throw new IdentityNotRegisteredError(id);
    return identityView(state, events.at(-1)?.position ?? 0);
  }
}
