import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Caller, ForbiddenError } from '@cartulary/access';
import type { IssuerRotation } from '@cartulary/contracts';
import {
  fold,
  type Issuer,
  issuerDecider,
  type IssuerId,
  IssuerNotActiveError,
  IssuerNotFoundError,
  IssuerNotReadyError,
  issuerStream,
} from '@cartulary/domain';
import { type Idempotency, Ledger } from '@cartulary/ledger';
import { IssuerDirectory } from '@cartulary/service';
import { IssuerSuccession } from '../activate-issuer/issuer-succession.js';

export interface RequestContext {
  readonly caller: Caller;
  readonly correlationId: string;
  readonly idempotency?: Idempotency;
}

/** Ends the issuer's epoch now: the one that was made ahead issues from here on. */
export class RotateIssuerCommand extends Command<IssuerRotation> {
  constructor(
    readonly issuerId: IssuerId,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(RotateIssuerCommand)
export class RotateIssuerHandler implements ICommandHandler<RotateIssuerCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly succession: IssuerSuccession,
  ) {}

  async execute({ issuerId, context: { caller, ...trace } }: RotateIssuerCommand): Promise<IssuerRotation> {
    if (caller.grant.namespaces) throw new ForbiddenError('an issuer issues for every namespace');
    const { issuer } = await this.#read(issuerId);
    if (!issuer.successor) {
      if (issuer.status !== 'active') throw new IssuerNotActiveError(issuerId);
      const { standby } = this.issuers.line(issuer.purpose);
      if (!standby) throw new IssuerNotReadyError(`no issuer has been made ahead to follow ${issuerId}`);
      await this.succession.succeed(issuerId, standby.issuerId, { ...trace, actor: caller.actor });
    }
    const { issuer: after, position } = await this.#read(issuerId);
    if (!after.successor) throw new IssuerNotActiveError(issuerId);
    return { issuerId, successor: after.successor, position };
  }

  async #read(issuerId: IssuerId): Promise<{ issuer: Issuer; position: number }> {
    const { events } = await this.ledger.readStream(issuerStream(issuerId));
    const issuer = fold(issuerDecider, events);
    if (issuer.status === 'unknown') throw new IssuerNotFoundError(issuerId);
    return { issuer, position: events.at(-1)?.position ?? 0 };
  }
}
