import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Caller, ForbiddenError } from '@cartulary/access';
import type { IssuerRotation } from '@cartulary/contracts';
import {
  fold,
  isCaPurpose,
  type Issuer,
  issuerDecider,
  type IssuerId,
  IssuerNotActiveError,
  IssuerNotFoundError,
  IssuerNotReadyError,
  issuerStream,
  timestamp,
} from '@cartulary/domain';
import { type Actor, type Idempotency, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { IssuerDirectory, Settings } from '@cartulary/service';
import { IssuerSuccession, leadOf } from '../activate-issuer/issuer-succession.js';
import { IssuerPreparer } from '../prepare-issuer/issuer-preparer.js';

export interface RequestContext {
  readonly caller: Caller;
  readonly correlationId: string;
  readonly idempotency?: Idempotency;
}

/** Ends the issuer's epoch now: the one that was made ahead issues from here on. A CA's is made on the first order. */
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
    private readonly preparer: IssuerPreparer,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  async execute({ issuerId, context: { caller, ...trace } }: RotateIssuerCommand): Promise<IssuerRotation> {
    if (caller.grant.namespaces) throw new ForbiddenError('an issuer issues for every namespace');
    const { issuer } = await this.#read(issuerId);
    if (!issuer.successor) {
      if (issuer.status !== 'active') throw new IssuerNotActiveError(issuerId);
      const { standby } = this.issuers.line(issuer.purpose, this.clock.now());
      if (!standby) return this.#prepare(issuer, caller.actor);
      await this.succession.succeed(issuerId, standby.issuerId, { ...trace, actor: caller.actor });
    }
    const { issuer: after, position } = await this.#read(issuerId);
    if (!after.successor) throw new IssuerNotActiveError(issuerId);
    return { issuerId, step: 'activated', successor: after.successor, position };
  }

  /** The first step for a root or intermediate, which has no standby: it is made, and nothing is issued under it yet. */
  async #prepare(issuer: Issuer, by: Actor): Promise<IssuerRotation> {
    const { issuerId, purpose } = issuer;
    const made = isCaPurpose(purpose) ? await this.preparer.prepare(issuer, by) : undefined;
    if (!made) throw new IssuerNotReadyError(`no issuer has been made ahead to follow ${issuerId}`);
    const { position } = await this.#read(made.issuerId);
    const readyAt = timestamp(new Date(this.clock.now().getTime() + leadOf(issuer, this.settings)));
    return { issuerId, step: 'prepared', successor: made.issuerId, readyAt, position };
  }

  async #read(issuerId: IssuerId): Promise<{ issuer: Issuer; position: number }> {
    const { events } = await this.ledger.readStream(issuerStream(issuerId));
    const issuer = fold(issuerDecider, events);
    if (issuer.status === 'unknown') throw new IssuerNotFoundError(issuerId);
    return { issuer, position: events.at(-1)?.position ?? 0 };
  }
}
