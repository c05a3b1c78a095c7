import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CredentialRefusedError, ForbiddenError, mintToken, RequestGrounds } from '@cartulary/access';
import type { CreatedToken, Ttl } from '@cartulary/contracts';
import { credentialHitBy, fold, type Grant, timestamp, tokenDecider, tokenStream } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { tokenView } from '@cartulary/service';
import type { RequestContext } from '../issue-certificate/command.js';
import { lifetimeOf } from '../issue-certificate/lifetime.js';

const DAY = 86_400;
const lifetime = { default: 30 * DAY, max: 366 * DAY };

export class CreateTokenCommand extends Command<CreatedToken> {
  constructor(
    readonly request: { readonly name: string; readonly grant: Grant; readonly ttl: Ttl },
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(CreateTokenCommand)
export class CreateTokenHandler implements ICommandHandler<CreateTokenCommand> {
  readonly #grounds: RequestGrounds;

  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {
    this.#grounds = new RequestGrounds(ledger);
  }

  async execute({ request, context }: CreateTokenCommand): Promise<CreatedToken> {
    const { caller, correlationId } = context;
    // Nobody passes on more than they have.
    if (caller.grant.namespaces) throw new ForbiddenError('a caller limited to namespaces creates no tokens');
    const { credential } = caller.actor;
    // What a hit credential makes on its way out would outlive the incident.
    const { gate, ancestry, expectations } = await this.#grounds.of(credential, undefined, true);
    if (credentialHitBy(gate, ancestry.by)) {
      throw new CredentialRefusedError('CREDENTIAL_REVOKED', `${credential} is hit by an incident`);
    }
    const seconds = lifetimeOf(request.ttl, lifetime);
    const now = this.clock.now();
    const { tokenId, token, secretHash } = mintToken();
    const create = {
      type: 'CreateToken',
      tokenId,
      secretHash,
      name: request.name,
      grant: request.grant,
      expiresAt: timestamp(new Date(now.getTime() + seconds * 1000)),
      now: timestamp(now),
    } as const;
    const stream = tokenStream(tokenId);
    const events = tokenDecider.decide(create, tokenDecider.initial).map((event) => ({ stream, ...event }));
    const appended = await this.ledger.append({
      expectations: [{ stream, version: 0 }, ...expectations],
      events,
      actor: caller.actor,
      correlationId,
      recordedAt: timestamp(now),
    });
    const state = fold(tokenDecider, appended.events);
    if (state.status === 'unknown') throw new Error('a token without its event');
    return { ...tokenView(state, appended.events.at(-1)?.position ?? 0, now), token };
  }
}
