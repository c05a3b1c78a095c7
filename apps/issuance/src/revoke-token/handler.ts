import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ForbiddenError } from '@cartulary/access';
import type { Token } from '@cartulary/contracts';
import { fold, timestamp, tokenDecider, type TokenId, TokenNotFoundError, tokenStream } from '@cartulary/domain';
import { decideOn, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { tokenView } from '@cartulary/service';
import type { RequestContext } from '../issue-certificate/command.js';

export class RevokeTokenCommand extends Command<Token> {
  constructor(
    readonly tokenId: TokenId,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(RevokeTokenCommand)
export class RevokeTokenHandler implements ICommandHandler<RevokeTokenCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {}

  async execute({ tokenId, context: { caller, ...trace } }: RevokeTokenCommand): Promise<Token> {
    if (caller.grant.namespaces) throw new ForbiddenError('a caller limited to namespaces revokes no tokens');
    const stream = tokenStream(tokenId);
    const now = this.clock.now();
    await decideOn(
      this.ledger,
      { ...trace, streams: [stream], actor: caller.actor, recordedAt: timestamp(now) },
      (histories) => {
        const state = fold(tokenDecider, histories.get(stream)?.events ?? []);
        const events = tokenDecider.decide({ type: 'RevokeToken', tokenId, now: timestamp(now) }, state);
        return { events: events.map((event) => ({ stream, ...event })), result: undefined };
      },
    );
    const { events } = await this.ledger.readStream(stream);
    const state = fold(tokenDecider, events);
    if (state.status === 'unknown') throw new TokenNotFoundError(tokenId);
    return tokenView(state, events.at(-1)?.position ?? 0, now);
  }
}
