import { type Consumer, type EachBatchPayload, type Kafka, type KafkaMessage } from 'kafkajs';
import { type GroupSettings } from './settings.js';
import { soleOwner } from './sole-owner.js';

/** `<topic>/<partition>` */
export type PartitionName = string;
export const partitionName = (topic: string, partition: number): PartitionName => `${topic}/${partition}`;
const parsed = (name: PartitionName): { topic: string; partition: number } => {
  const slash = name.lastIndexOf('/');
  return { topic: name.slice(0, slash), partition: Number(name.slice(slash + 1)) };
};

export interface SessionOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly group: GroupSettings;
  /** This member has all of the group's partitions from now on, or none; gives the offsets to go on from, by partition. */
  assigned(owns: boolean): ReadonlyMap<PartitionName, bigint> | undefined;
  /** In order of offsets. True: enough of this partition for now. */
  records(partition: PartitionName, messages: readonly KafkaMessage[]): boolean;
}

/** One membership in a consumer group, from joining until it leaves or its connection is lost. */
export class GroupSession {
  private readonly consumer: Consumer;
  private readonly ending = new AbortController();
  private readonly paused = new Set<PartitionName>();
  private owns = false;
  /** Why it ended, unless it left. */
  error: Error | undefined;

  constructor(
    kafka: Kafka,
    private readonly options: SessionOptions,
  ) {
    const { sessionTimeout, heartbeatInterval, maxWait } = options.group;
    this.consumer = kafka.consumer({
      groupId: options.groupId,
      sessionTimeout,
      heartbeatInterval,
      rebalanceTimeout: sessionTimeout,
      maxWaitTimeInMs: maxWait,
      allowAutoTopicCreation: false,
      partitionAssigners: [soleOwner(() => this.owns)],
      // Starting again is for whoever has this session: state goes with it.
      retry: { retries: 2, initialRetryTime: 100, restartOnFailure: () => Promise.resolve(false) },
    });
    this.consumer.on('consumer.crash', ({ payload }) => {
      this.error = payload.error;
      this.ending.abort();
    });
    this.consumer.on('consumer.group_join', ({ payload }) => {
      this.owns = Object.keys(payload.memberAssignment).length > 0;
      const offsets = this.options.assigned(this.owns);
      for (const [name, offset] of offsets ?? []) this.consumer.seek({ ...parsed(name), offset: String(offset) });
    });
  }

  get ended(): AbortSignal {
    return this.ending.signal;
  }

  /** Resolves when it is a member (or has ended at once). */
  async join(): Promise<void> {
    const { topics } = this.options;
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await this.consumer.run({ autoCommit: false, eachBatch: (payload) => this.eachBatch(payload) });
  }

  private eachBatch({ batch }: EachBatchPayload): Promise<void> {
    const name = partitionName(batch.topic, batch.partition);
    if (this.options.records(name, batch.messages)) {
      this.paused.add(name);
      this.consumer.pause([{ topic: batch.topic, partitions: [batch.partition] }]);
    }
    return Promise.resolve();
  }

  /** Goes on with the partitions that had enough and have no more, as `hasRoom` tells. */
  resume(hasRoom: (partition: PartitionName) => boolean): void {
    for (const name of this.paused) {
      if (!hasRoom(name)) continue;
      const { topic, partition } = parsed(name);
      this.paused.delete(name);
      this.consumer.resume([{ topic, partitions: [partition] }]);
    }
  }

  /** `metadata` is kept with each offset. Rejects when this member owns nothing any more. */
  async commit(offsets: ReadonlyMap<PartitionName, bigint>, metadata: string): Promise<void> {
    if (this.ending.signal.aborted || !this.owns) throw new Error('the group has another owner');
    const entries = [...offsets].map(([name, offset]) => ({ ...parsed(name), offset: String(offset), metadata }));
    await this.consumer.commitOffsets(entries);
  }

  async leave(): Promise<void> {
    this.ending.abort();
    this.owns = false;
    await this.consumer.disconnect().catch(() => undefined);
  }
}
