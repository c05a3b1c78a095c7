import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import {
  type CrlPublished,
  EpochNotOverError,
  fold,
  isAnchorPurpose,
  isEpochPurpose,
  type Issuer,
  type IssuerCommand,
  issuerDecider,
  issuerStream,
  publicationStream,
  timestamp,
} from '@cartulary/domain';
import { decideOn, Ledger, type StreamHistory } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { isKeyGone, Settings } from '@cartulary/service';
import { Signer } from '@cartulary/x509';
import { EpochBook } from '../keep-epochs/epoch-book.js';
import { CaRetirement } from '../retire-ca/ca-retirement.js';

const actor = { id: 'system:rotation', credential: 'system' };

/** The end of an issuer: its last certificate expires, its final CRL is published, its key is destroyed. */
@Injectable()
export class IssuerRetirement {
  readonly #logger = new Logger(IssuerRetirement.name);
  readonly #destroyed = new Set<string>();

  constructor(
    private readonly ledger: Ledger,
    private readonly signer: Signer,
    private readonly book: EpochBook,
    private readonly cas: CaRetirement,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** The next step of an issuer that issues no more, if its time has come. */
  async advance(issuer: Issuer): Promise<void> {
    if (isKeyGone(issuer)) return this.#destroy(issuer);
    if (!issuer.expiredAt) return isEpochPurpose(issuer.purpose) ? this.#expire(issuer) : this.#expireCa(issuer);
    await this.#retire(issuer);
  }

  async #expire({ issuerId }: Issuer): Promise<void> {
    const { certificates, lastNotAfter, closed } = await this.book.of(issuerId);
    // Counted to the end: nothing has been issued after the event that closed the epoch.
    if (!closed) return;
    // A relying party whose clock is slow still takes the last certificate for valid.
    const end = lastNotAfter ? Date.parse(lastNotAfter) + this.settings.clockSkew : 0;
    if (this.clock.now().getTime() <= end) return;
    await this.#record({
      ...{ type: 'ExpireEpoch', issuerId, certificates },
      ...(lastNotAfter ? { lastNotAfter } : {}),
    });
  }

  // A root leaves the trust bundle on order only.
  async #expireCa({ issuerId, purpose }: Issuer): Promise<void> {
    if (isAnchorPurpose(purpose)) return;
    try {
      await this.cas.expire(issuerId, { actor, correlationId: randomUUID() });
    } catch (error) {
      if (!(error instanceof EpochNotOverError)) throw error;
    }
  }

  async #retire({ issuerId }: Issuer): Promise<void> {
    await this.#record({ type: 'RetireIssuer', issuerId }, async ({ events }) => {
      const expired = events.find(({ type }) => type === 'EpochExpired');
      if (!expired) return undefined;
      const crls = await this.ledger.readAll({
        after: expired.position,
        limit: 10,
        ...{ stream: publicationStream(issuerId), types: ['CrlPublished'] },
      });
      // One that was prepared before and signed after does not count.
      const final = crls
        .map(({ data }) => data as unknown as CrlPublished['data'])
        .find(({ number }) => number > expired.position);
      return final && { finalCrlAt: final.thisUpdate };
    });
  }

  async #record(
    command: Ending,
    complete: (history: StreamHistory) => Promise<object | undefined> = async () => ({}),
  ): Promise<void> {
    const { issuerId } = command;
    const stream = issuerStream(issuerId);
    const now = timestamp(this.clock.now());
    const context = { streams: [stream], actor, correlationId: randomUUID(), recordedAt: now };
    const { events } = await decideOn(this.ledger, context, async (histories) => {
      const history = histories.get(stream) ?? { stream, version: 0, events: [] };
      const more = await complete(history);
      if (!more) return { events: [], result: undefined };
      const decided = issuerDecider.decide(
        { ...command, ...more, now } as IssuerCommand,
        fold(issuerDecider, history.events),
      );
      return { events: decided.map((event) => ({ stream, ...event })), result: undefined };
    });
    for (const { type } of events) this.#logger.log(`issuer ${issuerId}: ${type}`);
  }

  async #destroy({ issuerId, keyId }: Issuer): Promise<void> {
    if (keyId === undefined || this.#destroyed.has(keyId)) return;
    await this.signer.destroy(keyId);
    this.#destroyed.add(keyId);
    this.#logger.log(`issuer ${issuerId}: its key is destroyed`);
  }
}

type Command<Type> = Extract<IssuerCommand, { type: Type }>;
type Ending = Omit<Command<'ExpireEpoch'>, 'now'> | Omit<Command<'RetireIssuer'>, 'now'>;
