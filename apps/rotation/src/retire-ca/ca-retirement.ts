import { Injectable, Logger } from '@nestjs/common';
import {
  decideCaEnd,
  EpochNotOverError,
  fold,
  type Issuer,
  issuerDecider,
  type IssuerId,
  issuerStream,
  timestamp,
} from '@cartulary/domain';
import { type Actor, decideOn, type Idempotency, Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { IssuerDirectory, Settings } from '@cartulary/service';

export interface RetirementContext {
  readonly actor: Actor;
  readonly correlationId: string;
  readonly idempotency?: Idempotency;
}

/** The end of a root or an intermediate that another has followed: once nothing below it is good any more. */
@Injectable()
export class CaRetirement {
  readonly #logger = new Logger(CaRetirement.name);

  constructor(
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** Throws EpochNotOverError before its time. Done already: changes nothing. */
  async expire(issuerId: IssuerId, context: RetirementContext): Promise<void> {
    // Nothing is put below a CA after its IssuerSuperseded, since whoever does so names its stream: where the directory
    // has heard of that event, it knows them all.
    if (this.issuers.get(issuerId).status === 'active') throw new EpochNotOverError(issuerId, 'it may issue');
    const children = this.issuers.all().filter(({ parent }) => parent === issuerId);
    const streams = [issuerId, ...children.map((child) => child.issuerId)].map(issuerStream);
    const now = timestamp(this.clock.now());
    const { events } = await decideOn(this.ledger, { ...context, streams, recordedAt: now }, (histories) => {
      const stateOf = (stream: string) => fold(issuerDecider, histories.get(stream)?.events ?? []);
      const [stream = '', ...others] = streams;
      const below = others.map(stateOf).filter((state): state is Issuer => state.status !== 'unknown');
      const end = { issuerId, issuer: stateOf(stream), below, skew: this.settings.clockSkew, now };
      return { events: decideCaEnd(end).map((event) => ({ stream, ...event })), result: undefined };
    });
    for (const { type } of events) this.#logger.log(`issuer ${issuerId}: ${type}`);
  }
}
