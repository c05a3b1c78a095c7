import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Caller, demandReach, ForbiddenError } from '@cartulary/access';
import type { Identity as IdentityDocument } from '@cartulary/contracts';
import {
  fold,
  type Grant,
  identityDecider,
  identityStream,
  InvalidValueError,
  parseIdentity,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { identityView, Settings } from '@cartulary/service';
import type { RequestContext } from '../issue-certificate/command.js';

export class RegisterIdentityCommand extends Command<IdentityDocument> {
  constructor(
    readonly id: string,
    readonly grant: Grant | undefined,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(RegisterIdentityCommand)
export class RegisterIdentityHandler implements ICommandHandler<RegisterIdentityCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ id, grant, context: { caller, ...trace } }: RegisterIdentityCommand): Promise<IdentityDocument> {
    const identity = parseIdentity(id, this.settings.trustDomain);
    demandReach(caller, identity);
    if (identity.kind === 'system') demandAdministrator(caller);
    else if (grant) throw new InvalidValueError('grant', 'only system identities have one');
    const stream = identityStream(identity.id);
    const now = timestamp(this.clock.now());
    const command = { type: 'RegisterIdentity', identity: identity.id, now, ...(grant ? { grant } : {}) } as const;
    const decided = await decideOn(
      this.ledger,
      { ...trace, streams: [stream], actor: caller.actor, recordedAt: now },
      (histories) => {
        const state = fold(identityDecider, histories.get(stream)?.events ?? []);
        const events = identityDecider.decide(command, state);
        return { events: events.map((event) => ({ stream, ...event })), result: undefined };
      },
    );
    const state = fold(identityDecider, decided.events);
    if (state.status === 'unregistered') throw new Error('a registration without its event');
    return identityView(state, decided.events.at(-1)?.position ?? 0);
  }
}

const demandAdministrator = ({ kind, grant }: Caller): void => {
  if (kind === 'system' || (grant.role === 'admin' && !grant.namespaces)) return;
  throw new ForbiddenError('only an admin registers system identities');
};
