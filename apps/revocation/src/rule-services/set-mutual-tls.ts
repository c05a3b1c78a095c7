import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { demandNamespace, demandReach, ForbiddenError, type Caller } from '@cartulary/access';
import type { MutualTls } from '@cartulary/contracts';
import {
  fold,
  mutualTlsDecider,
  mutualTlsKey,
  type MutualTlsMode,
  type MutualTlsScope,
  mutualTlsStream,
  parseIdentity,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import type { RequestContext } from '../context.js';

export interface ScopeText {
  readonly namespace?: string;
  readonly identity?: string;
  readonly port?: number;
}

/** Sets a scope's mode, or (without one) takes it back. */
export class SetMutualTlsCommand extends Command<MutualTls | undefined> {
  constructor(
    readonly scope: ScopeText,
    readonly mode: MutualTlsMode | undefined,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(SetMutualTlsCommand)
export class SetMutualTlsHandler implements ICommandHandler<SetMutualTlsCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ scope: text, mode, context }: SetMutualTlsCommand): Promise<MutualTls | undefined> {
    const { caller, ...trace } = context;
    const scope = this.#settled(text, caller);
    const now = timestamp(this.clock.now());
    const command = mode
      ? ({ type: 'SetMutualTls', scope, mode, now } as const)
      : ({ type: 'ClearMutualTls', scope, now } as const);
    // Whatever is wrong with the scope is said before a stream is named by it.
    mutualTlsDecider.decide(command, mutualTlsDecider.initial);
    const stream = mutualTlsStream(mutualTlsKey(scope));
    await decideOn(this.ledger, { ...trace, streams: [stream], actor: caller.actor, recordedAt: now }, (histories) => {
      const state = fold(mutualTlsDecider, histories.get(stream)?.events ?? []);
      const events = mutualTlsDecider.decide(command, state);
      return { events: events.map((event) => ({ stream, ...event })), result: undefined };
    });
    const { events } = await this.ledger.readStream(stream);
    const state = fold(mutualTlsDecider, events);
    if (!mode || state.status === 'unset') return undefined;
    return { ...scope, mode: state.mode, setAt: state.setAt, position: events.at(-1)?.position ?? 0 };
  }

  /** Who may set it, too. */
  #settled({ namespace, identity: text, port }: ScopeText, caller: Caller): MutualTlsScope {
    const identity = text === undefined ? undefined : parseIdentity(text, this.settings.trustDomain);
    if (identity) demandReach(caller, identity);
    if (namespace !== undefined) demandNamespace(caller, namespace);
    if (!identity && namespace === undefined && (caller.grant.role !== 'admin' || caller.grant.namespaces)) {
      throw new ForbiddenError('mutual TLS of the whole mesh is for administrators of all of it');
    }
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(identity ? { identity: identity.id } : {}),
      ...(port === undefined ? {} : { port }),
    };
  }
}
