/** A record as any reader of Kafka finds it. */
export interface TopicRecord {
  /** Without the prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** Null: the key is to be removed. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TopicsRead {
  /** How many partitions each topic has. */
  readonly partitions: Readonly<Record<string, number>>;
  /** In the order of offsets within a partition. */
  readonly records: readonly TopicRecord[];
}

export interface HeartbeatSaid {
  readonly at: string;
  readonly position: number;
}

export const deadLetters = 'dead-letter';
const beat = 'dev.cartulary.heartbeat.v1';

export const isStateTopic = (topic: string): boolean => topic === 'revoked' || topic.startsWith('state.');
export const isEventTopic = (topic: string): boolean => topic !== deadLetters && !isStateTopic(topic);
export const isHeartbeat = ({ headers }: TopicRecord): boolean => headers['ce_type'] === beat;
export const partitionOf = ({ topic, partition }: TopicRecord): string => `${topic}/${partition}`;
export const placeOf = (record: TopicRecord): string => `${partitionOf(record)}@${record.offset}`;
