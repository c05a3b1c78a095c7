import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Caller, demandReach } from '@cartulary/access';
import type { Identity as IdentityDocument } from '@cartulary/contracts';
import { fold, identityDecider, IdentityNotRegisteredError, identityStream, parseIdentity } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { identityView, Settings } from '@cartulary/service';

/** One identity as the ledger has it now. */
export class GetIdentityQuery extends Query<IdentityDocument> {
  constructor(
    readonly id: string,
    readonly caller: Caller,
  ) {
    super();
  }
}

@QueryHandler(GetIdentityQuery)
export class GetIdentityHandler implements IQueryHandler<GetIdentityQuery> {
  constructor(
    private readonly ledger: Ledger,
    private readonly settings: Settings,
  ) {}

  async execute({ id, caller }: GetIdentityQuery): Promise<IdentityDocument> {
    const identity = parseIdentity(id, this.settings.trustDomain);
    demandReach(caller, identity);
    const { events } = await this.ledger.readStream(identityStream(identity.id));
    const state = fold(identityDecider, events);
    if (state.status === 'unregistered') throw new IdentityNotRegisteredError(id);
    return identityView(state, events.at(-1)?.position ?? 0);
  }
}
