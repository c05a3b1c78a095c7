import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Caller, demandReach } from '@cartulary/access';
import type { Identity as IdentityDocument } from '@cartulary/contracts';
import { fold, identityDecider, IdentityNotRegisteredError, identityStream, parseIdentity } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { identityView, momentOf, Settings, until } from '@cartulary/service';

/** One identity as the ledger has it now, or had it then. */
export class GetIdentityQuery extends Query<IdentityDocument> {
  constructor(
    readonly id: string,
    readonly caller: Caller,
    readonly asOf?: string,
  ) {
    super();
  }
}

@QueryHandler(GetIdentityQuery)
export class GetIdentityHandler implements IQueryHandler<GetIdentityQuery> {
  constructor(
    private readonly ledger: Ledger,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ id, caller, asOf }: GetIdentityQuery): Promise<IdentityDocument> {
    const identity = parseIdentity(id, this.settings.trustDomain);
    demandReach(caller, identity);
    const moment = asOf === undefined ? undefined : await momentOf(this.ledger, asOf, this.clock.now());
    const events = until((await this.ledger.readStream(identityStream(identity.id))).events, moment);
    const state = fold(identityDecider, events);
    if (state.status === 'unregistered') throw new IdentityNotRegisteredError(id);
    return identityView(state, events.at(-1)?.position ?? 0);
  }
}
