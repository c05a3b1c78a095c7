import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type CrlPublished, fold, type IssuerId, issuerDecider, issuerStream, timestamp } from '@cartulary/domain';
import { decideOn, Ledger, type RecordedEvent } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { type Consumer, Transport } from '@cartulary/transport';

type Published = RecordedEvent<string, CrlPublished['data']>;

/**
 * The first issuers of a trust domain issue from the moment that their first CRL is out: without one, proxies refuse
 * their certificates. Those of later epochs have a lead time to wait out as well, and a predecessor to follow.
 */
@Injectable()
export class ActivateIssuers implements OnApplicationBootstrap, OnApplicationShutdown {
  #consumer?: Consumer;

  constructor(
    private readonly ledger: Ledger,
    private readonly transport: Transport,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.#consumer = this.transport.consume({
      group: 'rotation-activate-issuers',
      types: ['CrlPublished'],
      handle: async (events) => {
        const latest = new Map(events.map((event) => [(event.data as CrlPublished['data']).issuerId, event]));
        for (const [issuerId, event] of latest) await this.#activate(issuerId, event as Published);
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#consumer?.stop();
  }

  async #activate(issuerId: IssuerId, { id, correlationId, data }: Published): Promise<void> {
    const stream = issuerStream(issuerId);
    const now = timestamp(this.clock.now());
    const actor = { id: 'system:rotation', credential: 'system' };
    await decideOn(
      this.ledger,
      { streams: [stream], actor, correlationId, causationId: id, recordedAt: now },
      (histories) => {
        const state = fold(issuerDecider, histories.get(stream)?.events ?? []);
        if (state.status !== 'prepared' || state.epoch > 1) return { events: [], result: undefined };
        const command = { type: 'ActivateIssuer', issuerId, firstCrlAt: data.publishedAt, now } as const;
        const decided = issuerDecider.decide(command, state);
        return { events: decided.map((event) => ({ stream, ...event })), result: undefined };
      },
    );
  }
}
