import { Injectable } from '@nestjs/common';
import {
  decideSuccession,
  fold,
  isAnchorPurpose,
  type IssuerId,
  issuerDecider,
  type IssuerState,
  issuerStream,
  timestamp,
} from '@cartulary/domain';
import { type Actor, decideOn, type Idempotency, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import { Candidates } from './candidates.js';

export interface SuccessionContext {
  readonly actor: Actor;
  readonly correlationId: string;
  readonly idempotency?: Idempotency;
}

/** Ends one epoch and begins the next, in one append. */
@Injectable()
export class IssuerSuccession {
  constructor(
    private readonly ledger: Ledger,
    private readonly candidates: Candidates,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Throws IssuerNotReadyError before its time. Done already: changes nothing. */
  async succeed(predecessorId: IssuerId, successorId: IssuerId, context: SuccessionContext): Promise<void> {
    const now = timestamp(this.clock.now());
    const streams = [predecessorId, successorId].map(issuerStream);
    await decideOn(this.ledger, { ...context, streams, recordedAt: now }, async (histories) => {
      const candidate = await this.candidates.read(successorId, histories);
      const predecessor = fold(issuerDecider, histories.get(issuerStream(predecessorId))?.events ?? []);
      const decided = decideSuccession({ candidate, predecessor, lead: leadOf(predecessor, this.settings), now });
      return { events: decided.map(({ stream, event }) => ({ stream, ...event })), result: undefined };
    });
  }
}

/** Milliseconds. A root has to be in every copy of the trust bundle, the others' CRLs with whoever wants them. */
export const leadOf = (predecessor: IssuerState, { epochs }: Pick<Settings, 'epochs'>): number =>
  predecessor.status !== 'unknown' && isAnchorPurpose(predecessor.purpose) ? epochs.rootLead : epochs.lead;
