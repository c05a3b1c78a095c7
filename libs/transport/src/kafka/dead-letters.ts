import { deadLetterTopic } from '@cartulary/contracts';
import { type RecordedEvent } from '@cartulary/ledger';
import { type IHeaders, type KafkaMessage, type Producer } from 'kafkajs';
import { poisonId, type PoisonEvent } from '../transport.js';
import { reasonOf } from '../ledger/handle-batch.js';
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
    const position = optionalText(headers, 'ce_position');
    await this.send({
      key: position ? poisonId(group, Number(position)) : `${group}/${place.partition}/${place.offset}`,
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

  async list(group?: string): Promise<PoisonEvent[]> {
    const letters = [...(await this.read(group))].map(([id, { headers = {} }]) => poisonOf(id, headers));
    return letters.sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));
  }

  /** False: there is none at this position. */
  async replay(
    group: string,
    position: number,
    handle: (events: readonly RecordedEvent[]) => Promise<void>,
  ): Promise<boolean> {
    const key = poisonId(group, position);
    const letter = (await this.read(group)).get(key);
    if (!letter) return false;
    try {
      await handle([decodeEventRecord(letter)]);
    } catch (error) {
      await this.send({ key, value: letter.value, headers: this.failedAgain(letter.headers ?? {}, error) });
      throw error;
    }
    await this.send({ key, value: null });
    return true;
  }

  private failedAgain(headers: IHeaders, error: unknown): IHeaders {
    const attempts = Number(optionalText(headers, 'deadletter_attempts')) + 1;
    return {
      ...headers,
      deadletter_reason: reasonOf(error),
      deadletter_attempts: String(attempts),
      deadletter_at: this.now().toISOString(),
    };
  }

  private async read(group?: string): Promise<Map<string, KafkaMessage>> {
    const letters = new Map<string, KafkaMessage>();
    await this.connection.readToEnd([deadLetterTopic], this.closing.signal, (message) => {
      const key = message.key?.toString() ?? '';
      if (message.value === null) letters.delete(key);
      else letters.set(key, message);
    });
    if (group === undefined) return letters;
    return new Map([...letters].filter(([, { headers = {} }]) => optionalText(headers, 'deadletter_group') === group));
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

const poisonOf = (id: string, headers: IHeaders): PoisonEvent => {
  const text = (name: string): string => optionalText(headers, name) ?? '';
  return {
    id,
    group: text('deadletter_group'),
    position: Number(text('ce_position')) || 0,
    stream: text('ce_subject'),
    type: text('ce_eventtype'),
    reason: text('deadletter_reason'),
    attempts: Number(text('deadletter_attempts')),
    setAsideAt: new Date(text('deadletter_at')),
  };
};
