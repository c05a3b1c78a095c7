import { randomUUID } from 'node:crypto';
import { eventTypes, isEventType, topics } from '@cartulary/contracts';
import { type Admin, type Kafka, type KafkaMessage } from 'kafkajs';
import { BackOff } from '../ledger/retry.js';
import { createKafka, type Trouble } from './client.js';
import { type PartitionBounds } from './position-merge.js';
import { GroupSession, partitionName } from './group-session.js';
import { DEFAULT_GROUP, type GroupSettings, type KafkaSettings, topicName } from './settings.js';

// A record's time is its event's commit time, which is taken before the commit can be seen.
const COMMIT_MARGIN = 60_000;
const READ_RETRY = { attempts: 20, firstPause: 100, longestPause: 1_000 };

const eventTopics = topics.filter(({ kind }) => kind === 'events').map(({ name }) => name);

/** `partition`: `<topic>/<partition>`. */
export type RecordReader = (message: KafkaMessage, partition: string) => void;

/** What the parts of the Kafka transport share: the client, one admin connection, the settings. */
export class KafkaConnection {
  readonly kafka: Kafka;
  readonly group: GroupSettings;
  private readonly adminClient: Admin;
  private connected: Promise<void> | undefined;

  constructor(
    private readonly settings: KafkaSettings,
    group: Partial<GroupSettings>,
    readonly onTrouble: Trouble,
  ) {
    this.group = { ...DEFAULT_GROUP, ...group };
    this.kafka = createKafka(settings);
    this.adminClient = this.kafka.admin({ retry: { retries: 2, initialRetryTime: 100 } });
  }

  async admin(): Promise<Admin> {
    this.connected ??= this.adminClient.connect().catch((error: unknown) => {
      this.connected = undefined;
      throw error;
    });
    await this.connected;
    return this.adminClient;
  }

  topic(name: string): string {
    return topicName(this.settings, name);
  }

  /** Where events of these types are; all topics of events when there is a type that is not known here. */
  topicsOf(types: readonly string[] | undefined): string[] {
    if (!types?.length || !types.every(isEventType)) return eventTopics.map((name) => this.topic(name));
    return [...new Set(types.filter(isEventType).map((type) => this.topic(eventTypes[type].aggregate)))];
  }

  /** With a time, `start` is before every record of an event committed after it. */
  async bounds(names: readonly string[], since?: Date): Promise<PartitionBounds[]> {
    const admin = await this.admin();
    const found = await Promise.all(
      names.map(async (topic) => {
        const starts = since && (await admin.fetchTopicOffsetsByTimestamp(topic, since.getTime() - COMMIT_MARGIN));
        return (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }): PartitionBounds => {
          const start = starts?.find((entry) => entry.partition === partition)?.offset;
          const bounds = { partition: partitionName(topic, partition), low: BigInt(low), end: BigInt(high) };
          return start === undefined ? bounds : { ...bounds, start: BigInt(start) };
        });
      }),
    );
    return found.flat();
  }

  /** Everything that lies in the topics at this moment, in the order of each partition. */
  async readToEnd(names: readonly string[], signal: AbortSignal, record: RecordReader): Promise<PartitionBounds[]> {
    const topics = names.map((name) => this.topic(name));
    const bounds = await this.bounds(topics);
    const behind = new Map<string, bigint>();
    for (const { partition, low, end } of bounds) if (low < end) behind.set(partition, end);
    const backOff = new BackOff(READ_RETRY, signal);
    for (let attempt = 1, seen = false; behind.size > 0; attempt++) {
      try {
        await this.readUntil(topics, behind, signal, (...args) => {
          seen = true;
          record(...args);
        });
      } catch (error) {
        // A broker that has just started does not know its groups for a while.
        if (signal.aborted || seen || attempt >= READ_RETRY.attempts) throw error;
        await backOff.pause();
      }
    }
    return bounds;
  }

  private async readUntil(
    topics: readonly string[],
    behind: Map<string, bigint>,
    signal: AbortSignal,
    record: RecordReader,
  ): Promise<void> {
    const done = new AbortController();
    const groupId = this.temporaryGroup('read');
    const session = new GroupSession(this.kafka, {
      groupId,
      topics,
      group: this.group,
      assigned: () => undefined,
      records: (partition, messages) => {
        const end = behind.get(partition);
        for (const message of messages) {
          const offset = BigInt(message.offset);
          if (end !== undefined && offset < end) record(message, partition);
          // Compaction may have taken the last one, so what comes after it ends it as well.
          if (end !== undefined && offset + 1n >= end) behind.delete(partition);
        }
        if (behind.size === 0) done.abort();
        return false;
      },
    });
    try {
      await session.join();
      await aborted(AbortSignal.any([done.signal, session.ended, signal]));
      if (!done.signal.aborted) throw session.error ?? new Error(`reading ${topics.join(', ')} was interrupted`);
    } finally {
      await session.leave();
      await this.deleteGroup(groupId);
    }
  }

  temporaryGroup(what: string): string {
    return this.topic(`${what}-${randomUUID()}`);
  }

  /** One that is left behind has no offsets, and the broker forgets it by itself. */
  async deleteGroup(groupId: string): Promise<void> {
    await this.admin()
      .then((admin) => admin.deleteGroups([groupId]))
      .catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.connected?.catch(() => undefined);
    await this.adminClient.disconnect().catch(() => undefined);
  }
}

export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
