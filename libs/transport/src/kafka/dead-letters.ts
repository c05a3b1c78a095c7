import { deadLetterTopic } from '@cartulary/contracts';
import { type RecordedEvent } from '@cartulary/ledger';
import { type IHeaders, type KafkaMessage, type Producer } from 'kafkajs';
import { type PoisonEvent } from '../transport.js';
import { decodeEventRecord, optionalText } from './event-record.js';
import { type KafkaConnection } from './kafka-connection.js';

export interface DeadLetter {
  readonly group: string;
  readonly reason: string;
  readonly attempts: number;
  /** The record's own. */
  readonly headers: IHeaders;
  readonly value: Buffer | null;
  readonly place: { readonly partition: string; readonly offset: bigint };
}

/** What groups could not handle: in a compacted topic, one key each, removed when it was handled after all. */
export class DeadLetters {
  private producer: Promise<Producer> | undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly connection: KafkaConnection,
    private readonly now: () => Date,
  ) {}

  async setAside({ group, reason, attempts, headers, value, place }: DeadLetter): Promise<void> {
    const slash = place.partition.lastIndexOf('/');
    const position = optionalText(headers, 'ce_position') ?? `${place.partition}/${place.offset}`;
    await this.send({
      key: `${group}/${position}`,
      // No value would be a removal.
      value: value ?? Buffer.alloc(0),
      headers: {
        ...headers,
        deadletter_group: group,
        deadletter_reason: reason,
        deadletter_attempts: String(attempts),
        deadletter_topic: place.partition.slice(0, slash),
        deadletter_partition: place.partition.slice(slash + 1),
        deadletter_offset: String(place.offset),
        deadletter_at: this.now().toISOString(),
      },
    });
  }

  async list(group: string): Promise<PoisonEvent[]> {
    const letters = [...(await this.read(group)).values()].map(({ headers = {} }) => poisonOf(headers));
    return letters.sort((a, b) => a.position - b.position);
  }

  /** False: there is none at this position. */
  async replay(
    group: string,
    position: number,
    handle: (events: readonly RecordedEvent[]) => Promise<void>,
  ): Promise<boolean> {
    const key = `${group}/${position}`;
    const letter = (await this.read(group)).get(key);
    if (!letter) return false;
    await handle([decodeEventRecord(letter)]);
    await this.send({ key, value: null });
    return true;
  }

  private async read(group: string): Promise<Map<string, KafkaMessage>> {
    const letters = new Map<string, KafkaMessage>();
    await this.connection.readToEnd([deadLetterTopic], this.closing.signal, (message) => {
      const key = message.key?.toString() ?? '';
      if (message.value === null) letters.delete(key);
      else if (optionalText(message.headers ?? {}, 'deadletter_group') === group) letters.set(key, message);
    });
    return letters;
  }

  private async send(message: { key: string; value: Buffer | null; headers?: IHeaders }): Promise<void> {
    this.producer ??= this.connect().catch((error: unknown) => {
      this.producer = undefined;
      throw error;
    });
    const producer = await this.producer;
    await producer.send({ topic: this.connection.topic(deadLetterTopic), messages: [message] });
  }

  private async connect(): Promise<Producer> {
    const producer = this.connection.kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 3 } });
    await producer.connect();
    return producer;
  }

  async close(): Promise<void> {
    this.closing.abort();
    const producer = await this.producer?.catch(() => undefined);
    await producer?.disconnect().catch(() => undefined);
  }
}

const poisonOf = (headers: IHeaders): PoisonEvent => {
  const text = (name: string): string => optionalText(headers, name) ?? '';
  return {
    group: text('deadletter_group'),
    position: Number(text('ce_position')) || 0,
    stream: text('ce_subject'),
    type: text('ce_eventtype'),
    reason: text('deadletter_reason'),
    attempts: Number(text('deadletter_attempts')),
    setAsideAt: new Date(text('deadletter_at')),
  };
};
