import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { demandReach } from '@cartulary/access';
import type { Placement } from '@cartulary/contracts';
import {
  fold,
  identityDecider,
  IdentityNotRegisteredError,
  identityStream,
  parseIdentity,
  parseNodeName,
  placementDecider,
  placementStream,
  type Selector,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import type { RequestContext } from '../issue-certificate/command.js';

/** Places an identity on a node, or (without selectors) takes it off. */
export class PlaceIdentityCommand extends Command<Placement | undefined> {
  constructor(
    readonly id: string,
    readonly node: string,
    readonly selectors: readonly Selector[] | undefined,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(PlaceIdentityCommand)
export class PlaceIdentityHandler implements ICommandHandler<PlaceIdentityCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ id, node: name, selectors, context }: PlaceIdentityCommand): Promise<Placement | undefined> {
    const { caller, ...trace } = context;
    const identity = parseIdentity(id, this.settings.trustDomain);
    demandReach(caller, identity);
    const node = parseNodeName(name);
    const [registration, stream] = [identityStream(identity.id), placementStream(node, identity.id)];
    const now = timestamp(this.clock.now());
    const place = { identity: identity.id, node, now };
    const command = selectors
      ? ({ type: 'PlaceIdentity', selectors, ...place } as const)
      : ({ type: 'DisplaceIdentity', ...place } as const);
    await decideOn(
      this.ledger,
      { ...trace, streams: [registration, stream], actor: caller.actor, recordedAt: now },
      (histories) => {
        const registered = fold(identityDecider, histories.get(registration)?.events ?? []);
        if (selectors && registered.status === 'unregistered') throw new IdentityNotRegisteredError(id);
        const state = fold(placementDecider, histories.get(stream)?.events ?? []);
        const events = placementDecider.decide(command, state);
        return { events: events.map((event) => ({ stream, ...event })), result: undefined };
      },
    );
    const { events } = await this.ledger.readStream(stream);
    const state = fold(placementDecider, events);
    if (state.status === 'absent') return undefined;
    const { placedAt } = state;
    const shown = state.selectors.map((selector) => ({ ...selector }));
    return { identity: identity.id, node, selectors: shown, placedAt, position: events.at(-1)?.position ?? 0 };
  }
}
