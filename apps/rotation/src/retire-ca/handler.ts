import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ForbiddenError } from '@cartulary/access';
import type { IssuerRetirement } from '@cartulary/contracts';
import {
  EpochNotOverError,
  fold,
  isCaPurpose,
  type IssuerId,
  issuerDecider,
  IssuerNotFoundError,
  issuerStream,
} from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import type { RequestContext } from '../rotate-issuer/handler.js';
import { CaRetirement } from './ca-retirement.js';

/** An old root, or intermediate, goes: a root out of the trust bundle. */
export class RetireIssuerCommand extends Command<IssuerRetirement> {
  constructor(
    readonly issuerId: IssuerId,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(RetireIssuerCommand)
export class RetireIssuerHandler implements ICommandHandler<RetireIssuerCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly retirement: CaRetirement,
  ) {}

  async execute({ issuerId, context: { caller, ...trace } }: RetireIssuerCommand): Promise<IssuerRetirement> {
    if (caller.grant.namespaces) throw new ForbiddenError('an issuer issues for every namespace');
    const before = await this.#read(issuerId);
    if (!before.expiredAt) {
      if (!isCaPurpose(before.purpose)) throw new EpochNotOverError(issuerId, 'its certificates have not expired');
      await this.retirement.expire(issuerId, { ...trace, actor: caller.actor });
    }
    const { expiredAt, status, position } = await this.#read(issuerId);
    if (!expiredAt) throw new EpochNotOverError(issuerId, 'it is still needed');
    return { issuerId, status: status === 'retired' ? 'retired' : 'retiring', expiredAt, position };
  }

  async #read(issuerId: IssuerId) {
    const { events } = await this.ledger.readStream(issuerStream(issuerId));
    const issuer = fold(issuerDecider, events);
    if (issuer.status === 'unknown') throw new IssuerNotFoundError(issuerId);
    return { ...issuer, position: events.at(-1)?.position ?? 0 };
  }
}
