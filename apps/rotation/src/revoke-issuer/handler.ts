import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ForbiddenError } from '@cartulary/access';
import type { IssuerRevocation } from '@cartulary/contracts';
import {
  type CutOff,
  decideCutOff,
  fold,
  type Issuer,
  issuerDecider,
  type IssuerId,
  IssuerNotFoundError,
  issuerStream,
  type RevocationReason,
  type Serial,
  type Timestamp,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger, type StreamHistory } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { IssuerDirectory } from '@cartulary/service';
import { certificateFacts } from '@cartulary/x509';
import { Candidates } from '../activate-issuer/candidates.js';
import type { RequestContext } from '../rotate-issuer/handler.js';

export interface CutOffDetails {
  readonly reason: RevocationReason;
  readonly invalidityDate?: Timestamp;
  readonly comment?: string;
}

/** Cuts off an issuer with every certificate of its epoch. */
export class RevokeIssuerCommand extends Command<IssuerRevocation> {
  constructor(
    readonly issuerId: IssuerId,
    readonly details: CutOffDetails,
    readonly context: RequestContext,
  ) {
    super();
  }
}

@CommandHandler(RevokeIssuerCommand)
export class RevokeIssuerHandler implements ICommandHandler<RevokeIssuerCommand> {
  constructor(
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly candidates: Candidates,
    private readonly clock: Clock,
  ) {}

  async execute({ issuerId, details, context }: RevokeIssuerCommand): Promise<IssuerRevocation> {
    const { caller, ...trace } = context;
    if (caller.grant.namespaces) throw new ForbiddenError('an issuer issues for every namespace');
    const { comment, ...why } = details;
    const stream = issuerStream(issuerId);
    const known = this.issuers.find(issuerId);
    const standby = known && this.issuers.line(known.purpose).standby;
    // The standby's state is part of the decision: it takes the place of an active issuer in the same append.
    const follows = standby && standby.issuerId !== issuerId ? [issuerStream(standby.issuerId)] : [];
    const now = timestamp(this.clock.now());
    const decision = { ...trace, streams: [stream, ...follows], actor: caller.actor, recordedAt: now };
    await decideOn(this.ledger, decision, async (histories) => {
      const issuer = stateIn(histories, issuerId);
      const candidate =
        standby && follows.length > 0 ? { standby: await this.candidates.read(standby.issuerId, histories) } : {};
      const command: CutOff = { issuer, issuerId, serial: serialOf(issuer), now, ...why, ...candidate };
      const events = decideCutOff(command).map(({ stream: name, event }) => ({
        stream: name,
        ...event,
        ...(comment !== undefined && event.type === 'IssuerCompromised' ? { erasable: { comment } } : {}),
      }));
      return { events, result: undefined };
    });
    return this.#view(issuerId);
  }

  async #view(issuerId: IssuerId): Promise<IssuerRevocation> {
    const { events } = await this.ledger.readStream(issuerStream(issuerId));
    const issuer = fold(issuerDecider, events);
    if (issuer.status === 'unknown' || !issuer.revocation) throw new IssuerNotFoundError(issuerId);
    const { parent, successor, revocation } = issuer;
    const position = events.findLast(({ type }) => type === 'IssuerCompromised')?.position ?? 0;
    return {
      issuerId,
      serial: serialOf(issuer),
      ...(parent ? { parent } : {}),
      ...revocation,
      ...(successor ? { successor } : {}),
      position,
    };
  }
}

const stateIn = (histories: ReadonlyMap<string, StreamHistory>, issuerId: IssuerId): Issuer => {
  const state = fold(issuerDecider, histories.get(issuerStream(issuerId))?.events ?? []);
  if (state.status === 'unknown') throw new IssuerNotFoundError(issuerId);
  return state;
};

const serialOf = ({ certificate }: Issuer): Serial =>
  certificateFacts(Buffer.from(certificate, 'base64')).serial as Serial;
