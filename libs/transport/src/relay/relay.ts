import { setTimeout as sleep } from 'node:timers/promises';
import { topics } from '@cartulary/contracts';
import { type Ledger } from '@cartulary/ledger';
import kafkajs, { type Producer } from 'kafkajs';
import { createKafka, type Trouble } from '../kafka/client.js';
import { createTopics, type TopicOptions } from '../kafka/create-topics.js';
import { type KafkaSettings, topicName } from '../kafka/settings.js';
import { BackOff } from '../ledger/retry.js';
import { SendSpans } from '../tracing.js';
import { type Destination, RecordBatch, recordBatches } from './record-batch.js';
import { DEFAULT_TIMING, type LeadTiming, type RelayLead, takeLead } from './relay-lead.js';
import { StateFold } from './state-fold.js';

export interface RelayOptions {
  readonly ledger: Ledger;
  readonly kafka: KafkaSettings;
  /** Postgres, as the service role: for the lock and the position. */
  readonly databaseUrl: string;
  readonly trustDomain: string;
  readonly topics?: TopicOptions;
  readonly timing?: Partial<LeadTiming>;
  /**
   * Milliseconds after its expiry that a certificate stays in the state topics: longer than two CRLs follow one another,
   * since a revoked one stays listed until it stood in one CRL issued after its expiry; 48 hours.
   */
  readonly keepExpired?: number;
  /** Milliseconds between two looks for expired certificates; 60 000. */
  readonly sweepInterval?: number;
  /** Positions that are sent once more after a predecessor that did not end well; 1 000. */
  readonly overlap?: number;
  readonly onTrouble?: Trouble;
}

/** Milliseconds; with the ledger's polling it makes a heartbeat each second. */
const HEARTBEAT_AFTER = 700;
const REQUEST_TIMEOUT = 5_000;
const BATCH_SIZE = 500;
const KEEP_EXPIRED = 48 * 3_600_000;
const SWEEP_INTERVAL = 60_000;
const SWEEP_SIZE = 500;
const RETRY = { attempts: Infinity, firstPause: 50, longestPause: 1_000 };

/** This process may not send any more; another may be the active relay already. */
export class NotActiveError extends Error {
  readonly code = 'RELAY_NOT_ACTIVE';
  override readonly name = 'NotActiveError';
}

/**
 * From the ledger to Kafka: in order, one active of many, resumed from what is known to be there. Producing is
 * idempotent in one send loop; a request that fails is sent again as it was. What a successor sends once more is
 * known by its position.
 */
export class Relay {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private readonly timing: LeadTiming;
  private sent = 0;
  private head = 0;
  private leading = false;
  /** Something was sent, and whether it arrived is not known. */
  private unanswered = false;

  constructor(private readonly options: RelayOptions) {
    this.timing = { ...DEFAULT_TIMING, ...options.timing };
    this.running = this.run();
  }

  /** Everything up to here is in Kafka, as far as this process knows. */
  position(): number {
    return this.sent;
  }

  /** Events in the ledger that are not known to be in Kafka, as last seen. */
  lag(): number {
    return Math.max(0, this.head - this.sent);
  }

  active(): boolean {
    return this.leading;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const { databaseUrl: url, kafka } = this.options;
    const store = { url, name: kafka.prefix ?? 'cartulary', timing: this.timing };
    const backOff = new BackOff(RETRY, signal);
    while (!signal.aborted) {
      try {
        const lead = await takeLead(store, signal);
        if (lead) await this.lead(lead);
        backOff.reset();
      } catch (error) {
        this.trouble(error);
      }
      await backOff.pause();
    }
  }

  private async lead(lead: RelayLead): Promise<void> {
    const ended = AbortSignal.any([this.stopping.signal, lead.lost]);
    const { kafka: settings } = this.options;
    const maySend = (): boolean => lead.maySend();
    const kafka = createKafka(settings, { requestTimeout: REQUEST_TIMEOUT, maySend });
    try {
      // What the predecessor has begun to send arrives before what we send.
      if (!lead.clean) await sleep(this.timing.settle, undefined, { signal: ended });
      const producer = kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
        // Tried again below, where the lead is asked for.
        retry: { retries: 1, initialRetryTime: 50 },
      });
      try {
        const to = await this.persist(lead, ended, () => this.connect(kafka, producer));
        if (to) await this.relay(lead, producer, to, ended);
      } finally {
        await producer.disconnect().catch(() => undefined);
      }
    } catch (error) {
      if (!ended.aborted) throw error;
    } finally {
      this.leading = false;
      await lead.release(!this.unanswered);
    }
  }

  private async connect(kafka: kafkajs.Kafka, producer: Producer): Promise<Destination> {
    const { kafka: settings, trustDomain, topics: topicOptions } = this.options;
    const topic = (name: string): string => topicName(settings, name);
    const admin = kafka.admin();
    try {
      await admin.connect();
      await createTopics(admin, settings, topicOptions);
      const found = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => topic(name)) });
      const partitions = new Map(found.topics.map(({ name, partitions: list }) => [name, list.length]));
      await producer.connect();
      return { trustDomain, topic, partitions: (name) => partitions.get(topic(name)) ?? 0 };
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  private async relay(lead: RelayLead, producer: Producer, to: Destination, signal: AbortSignal): Promise<void> {
    const { ledger, overlap = 1_000, sweepInterval = SWEEP_INTERVAL } = this.options;
    this.unanswered = false;
    const after = lead.clean ? lead.position : Math.max(0, lead.position - overlap);
    const fold = await StateFold.at(ledger, after);
    this.sent = lead.position;
    this.leading = true;
    let [heartbeatAt, stateHeartbeatAt, sweptAt] = [-Infinity, -Infinity, -Infinity];
    for await (const batch of ledger.follow({ after, signal, batchSize: BATCH_SIZE })) {
      this.head = batch.head;
      const now = performance.now();
      if (batch.events.length === 0 && now - heartbeatAt < HEARTBEAT_AFTER) continue;
      const toState = now - stateHeartbeatAt >= HEARTBEAT_AFTER;
      const spans = new SendSpans(batch.events);
      const requests = await recordBatches(batch, fold, to, toState, spans);
      for (const request of requests) {
        if (!(await this.persist(lead, signal, () => this.send(producer, request)))) return;
      }
      spans.end();
      heartbeatAt = now;
      if (toState) stateHeartbeatAt = now;
      this.sent = Math.max(this.sent, batch.position);
      lead.keep(
        batch.position,
        requests.flatMap(({ expiries }) => expiries),
      );
      if (batch.caughtUp && now - sweptAt >= sweepInterval) {
        if (await this.sweep(lead, producer, to, signal)) sweptAt = now;
      }
    }
  }

  /** Removes what has expired from the state topics; in the send loop, so in order. True when there is no more. */
  private async sweep(lead: RelayLead, producer: Producer, to: Destination, signal: AbortSignal): Promise<boolean> {
    const serials = await lead.expired(this.options.keepExpired ?? KEEP_EXPIRED, SWEEP_SIZE);
    if (serials.length === 0) return true;
    const request = new RecordBatch(to);
    for (const serial of serials) request.addRemoval(serial);
    if (await this.persist(lead, signal, () => this.send(producer, request))) await lead.forget(serials);
    return serials.length < SWEEP_SIZE;
  }

  // The same messages have the same sequence numbers as long as it is the same producer, so the broker knows a repeat.
  private async send(producer: Producer, request: RecordBatch): Promise<true> {
    this.unanswered = true;
    await producer.sendBatch({ acks: -1, timeout: REQUEST_TIMEOUT, topicMessages: request.topicMessages() });
    this.unanswered = false;
    return true;
  }

  /** Again and again while this is the active relay; undefined when the signal ended it. */
  private async persist<Result>(
    lead: RelayLead,
    signal: AbortSignal,
    attempt: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const backOff = new BackOff(RETRY, signal);
    while (!signal.aborted) {
      if (!lead.maySend()) throw new NotActiveError('too long without a sign of life from Postgres');
      try {
        return await attempt();
      } catch (error) {
        this.trouble(error);
        await this.lookAhead();
        // The broker has forgotten this producer, or has another idea of its last message: a new one starts again.
        if (isSequenceTrouble(error)) throw error;
      }
      await backOff.pause();
    }
    return undefined;
  }

  // While nothing can be sent the ledger goes on, and the lag must say so.
  private async lookAhead(): Promise<void> {
    try {
      this.head = Math.max(this.head, (await this.options.ledger.head()).position);
    } catch (error) {
      this.trouble(error);
    }
  }

  private trouble(error: unknown): void {
    if (!this.stopping.signal.aborted) this.options.onTrouble?.('relay', error);
  }
}

const SEQUENCE_TROUBLE = [
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
];

const isSequenceTrouble = (error: unknown): boolean =>
  error instanceof Error &&
  (SEQUENCE_TROUBLE.includes((error as { type?: string }).type ?? '') || isSequenceTrouble(error.cause));
