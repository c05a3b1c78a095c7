import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type CrlPublished, fold, type IssuerId, issuerDecider, issuerStream, timestamp } from '@cartulary/domain';
import { decideOn, Ledger, type RecordedEvent } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { type Consumer, Transport } from '@cartulary/transport';

/** An issuer issues from the moment that its first CRL is out: without one, proxies refuse its certificates. */
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
        for (const [issuerId, event] of latest) await this.#activate(issuerId, event);
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#consumer?.stop();
  }

  async #activate(issuerId: IssuerId, { id, correlationId }: RecordedEvent): Promise<void> {
    const stream = issuerStream(issuerId);
    const now = timestamp(this.clock.now());
    const actor = { id: 'system:rotation', credential: 'system' };
    await decideOn(
      this.ledger,
      { streams: [stream], actor, correlationId, causationId: id, recordedAt: now },
      (histories) => {
        const state = fold(issuerDecider, histories.get(stream)?.events ?? []);
        if (state.status !== 'prepared') return { events: [], result: undefined };
        const decided = issuerDecider.decide({ type: 'ActivateIssuer', issuerId, now }, state);
        return { events: decided.map((event) => ({ stream, ...event })), result: undefined };
      },
    );
  }
}
