import { type Ledger } from '@cartulary/ledger';
import {
  type ConsumeSubscription,
  type Consumer,
  type Follower,
  type FollowSubscription,
  type PoisonEvent,
  Transport,
} from '../transport.js';
import { type ConsumerStore } from './consumer-store.js';
import { reasonOf } from './handle-batch.js';
import { LedgerConsumer, type ConsumerOptions } from './ledger-consumer.js';
import { LedgerFollower } from './ledger-follower.js';
import { DEFAULT_RETRY } from './retry.js';

const DEFAULTS: ConsumerOptions = { batchSize: 500, retry: DEFAULT_RETRY, onTrouble: () => undefined };
// Followers fold in memory, and all there is when they start: fewer, larger steps.
const FOLLOW_BATCH = 2_000;

/** Events straight from the ledger's tail: for one machine without Kafka. */
export class LedgerTransport extends Transport {
  private readonly running = new Set<{ stop(): Promise<void> }>();
  private readonly options: ConsumerOptions;
  private readonly followBatch: number;

  constructor(
    private readonly ledger: Ledger,
    private readonly store: ConsumerStore,
    options: Partial<ConsumerOptions> = {},
  ) {
    super();
    this.options = { ...DEFAULTS, ...options };
    this.followBatch = options.batchSize ?? FOLLOW_BATCH;
  }

  override consume(subscription: ConsumeSubscription): Consumer {
    this.remember(subscription);
    const consumer = new LedgerConsumer(this.ledger, this.store, subscription, this.options);
    this.running.add(consumer);
    return consumer;
  }

  override follow(subscription: FollowSubscription): Follower {
    const follower = new LedgerFollower(this.ledger, subscription, { ...this.options, batchSize: this.followBatch });
    this.running.add(follower);
    return follower;
  }

  override poisonEvents(group?: string): Promise<PoisonEvent[]> {
    return this.store.poisonEvents(group);
  }

  override async replayPoison(
    group: string,
    position: number,
    handle: ConsumeSubscription['handle'],
  ): Promise<boolean> {
    const poison = (await this.store.poisonEvents(group)).find((event) => event.position === position);
    if (!poison) return false;
    try {
      await handle(await this.ledger.readAll({ after: position - 1, limit: 1 }));
    } catch (error) {
      await this.store.setAside({ ...poison, reason: reasonOf(error), attempts: poison.attempts + 1 });
      throw error;
    }
    await this.store.forgetPoison(group, position);
    return true;
  }

  override async close(): Promise<void> {
    await Promise.all([...this.running].map((one) => one.stop()));
    await this.store.close();
  }
}
