import { type Ledger } from '@cartulary/ledger';
import { type ConsumerStore } from '../ledger/consumer-store.js';
import { type ConsumerOptions, LedgerConsumer } from '../ledger/ledger-consumer.js';
import { LedgerFollower } from '../ledger/ledger-follower.js';
import { DEFAULT_RETRY } from '../ledger/retry.js';
import {
  type ConsumeSubscription,
  type Consumer,
  type Follower,
  type FollowSubscription,
  type PoisonEvent,
  type StateCut,
  type StateSubscription,
  Transport,
} from '../transport.js';
import { DeadLetters } from './dead-letters.js';
import { KafkaConnection } from './kafka-connection.js';
import { KafkaGroup } from './kafka-group.js';
import { KafkaTail } from './kafka-tail.js';
import { readState } from './read-state.js';
import { type GroupSettings, type KafkaSettings } from './settings.js';

export interface KafkaTransportOptions extends Partial<ConsumerOptions> {
  readonly group?: Partial<GroupSettings>;
  /** For the times of dead letters. */
  readonly now?: () => Date;
}

const monotonicNow = (): Date => new Date(performance.timeOrigin + performance.now());

/**
 * Events from Kafka, where the relay has put them: no database. Consumers and followers are those of the ledger
 * transport, on a tail that comes through Kafka, so that both adapters keep the same promises.
 */
export class KafkaTransport extends Transport {
  private readonly running = new Set<{ stop(): Promise<void> }>();
  private readonly options: ConsumerOptions;
  private readonly connection: KafkaConnection;
  private readonly deadLetters: DeadLetters;
  private readonly closing = new AbortController();

  constructor(settings: KafkaSettings, options: KafkaTransportOptions = {}) {
    super();
    const {
      group = {},
      now = monotonicNow,
      batchSize = 500,
      retry = DEFAULT_RETRY,
      onTrouble = () => undefined,
    } = options;
    this.options = { batchSize, retry, onTrouble };
    this.connection = new KafkaConnection(settings, group, onTrouble);
    this.deadLetters = new DeadLetters(this.connection, now);
  }

  override consume(subscription: ConsumeSubscription): Consumer {
    this.remember(subscription);
    const { group, types } = subscription;
    const source = new KafkaGroup(this.connection, this.deadLetters, group, this.connection.topicsOf(types));
    return this.started(new LedgerConsumer(asLedger(source), asStore(source), subscription, this.options));
  }

  override follow(subscription: FollowSubscription): Follower {
    const tail = new KafkaTail(this.connection, this.options.retry, subscription.asOf);
    return this.started(new LedgerFollower(asLedger(tail), subscription, this.options));
  }

  override readState(subscription: StateSubscription): Promise<StateCut> {
    return readState(this.connection, subscription, this.closing.signal);
  }

  private started<Running extends { stop(): Promise<void> }>(running: Running): Running {
    this.running.add(running);
    return running;
  }

  override poisonEvents(group?: string): Promise<PoisonEvent[]> {
    return this.deadLetters.list(group);
  }

  override replayPoison(group: string, position: number, handle: ConsumeSubscription['handle']): Promise<boolean> {
    return this.deadLetters.replay(group, position, handle);
  }

  override async close(): Promise<void> {
    this.closing.abort();
    await Promise.all([...this.running].map((one) => one.stop()));
    await this.deadLetters.close();
    await this.connection.close();
  }
}

// A consumer asks a ledger for its tail, and a store for leadership and a place for poison; for nothing else.
const asLedger = (tail: Pick<Ledger, 'follow'>): Ledger => tail as Ledger;
const asStore = (group: Pick<ConsumerStore, 'lead' | 'setAside'>): ConsumerStore => group as ConsumerStore;
