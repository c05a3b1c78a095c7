import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ForbiddenError, mintToken } from '@cartulary/access';
import type { CreatedToken, Ttl } from '@cartulary/contracts';
import { fold, parseNodeName, timestamp, tokenDecider, tokenStream } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { tokenView } from '@cartulary/service';
import type { RequestContext } from '../issue-certificate/command.js';
import { lifetimeOf } from '../issue-certificate/lifetime.js';

// It is used while the machine is set up, and a secret that lies about is one too many.
const lifetime = { default: 15 * 60, max: 24 * 3_600 };

export class CreateJoinTokenCommand extends Command<CreatedToken> {
  constructor(
    readonly request: { readonly node: string; readonly ttl?: Ttl },
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(CreateJoinTokenCommand)
export class CreateJoinTokenHandler implements ICommandHandler<CreateJoinTokenCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {}

  async execute({ request, context }: CreateJoinTokenCommand): Promise<CreatedToken> {
    const { caller, correlationId } = context;
    // A node runs workloads of any namespace.
    if (caller.grant.namespaces) throw new ForbiddenError('a caller limited to namespaces creates no tokens');
    const node = parseNodeName(request.node);
    const seconds = lifetimeOf(request.ttl, lifetime);
    const now = this.clock.now();
    const { tokenId, token, secretHash } = mintToken();
    const create = {
      type: 'CreateToken',
      ...{ tokenId, secretHash, node, name: `join/${node}`, grant: { role: 'agent' as const } },
      expiresAt: timestamp(new Date(now.getTime() + seconds * 1000)),
      now: timestamp(now),
    } as const;
    const stream = tokenStream(tokenId);
    const appended = await this.ledger.append({
      expectations: [{ stream, version: 0 }],
      events: tokenDecider.decide(create, tokenDecider.initial).map((event) => ({ stream, ...event })),
      actor: caller.actor,
      correlationId,
      recordedAt: timestamp(now),
    });
    const state = fold(tokenDecider, appended.events);
    if (state.status === 'unknown') throw new Error('a token without its event');
    return { ...tokenView(state, appended.events.at(-1)?.position ?? 0, now), token };
  }
}
