import { type Topic, topics } from '@cartulary/contracts';
import { type Admin } from 'kafkajs';
import { type KafkaSettings, topicName } from './settings.js';

export interface TopicOptions {
  /** Of the topics that grow with the mesh; the others have one. Never to be changed: keys would move. 6. */
  readonly partitions?: number;
  /** 1; three in production. */
  readonly replicationFactor?: number;
  /**
   * Milliseconds that events stay in the topics that grow with the mesh, -1 (the default) for ever. The others keep
   * theirs for ever: issuers, for one, are read from the first event on.
   */
  readonly retention?: number;
}

const HOUR_MS = 3_600_000;

const configuration = ({ kind, wide }: Topic, retention: number): Readonly<Record<string, string>> => {
  if (kind === 'events') return { 'cleanup.policy': 'delete', 'retention.ms': String(wide ? retention : -1) };
  // What is not in a closed segment is not compacted.
  return { 'cleanup.policy': 'compact', 'segment.ms': String(HOUR_MS), 'min.cleanable.dirty.ratio': '0.2' };
};

/** Creates the topics that are missing; those that are there stay as they are. */
export async function createTopics(admin: Admin, settings: KafkaSettings, options: TopicOptions = {}): Promise<void> {
  const { partitions = 6, replicationFactor = 1, retention = -1 } = options;
  const there = new Set(await admin.listTopics());
  const missing = topics.filter(({ name }) => !there.has(topicName(settings, name)));
  if (missing.length === 0) return;
  await admin.createTopics({
    waitForLeaders: true,
    topics: missing.map((topic) => ({
      topic: topicName(settings, topic.name),
      numPartitions: topic.wide ? partitions : 1,
      replicationFactor,
      configEntries: Object.entries(configuration(topic, retention)).map(([key, value]) => ({ name: key, value })),
    })),
  });
}
