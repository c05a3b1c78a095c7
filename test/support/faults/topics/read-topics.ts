import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import type { TopicRecord, TopicsRead } from './topic-record.js';

const PREFIX = 'cartulary.';
const PATIENCE_MS = 60_000;

export const kafkaClient = (brokers: readonly string[]): kafkajs.Kafka =>
  new kafkajs.Kafka({ clientId: 'checker', brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });

const textOf = (headers: kafkajs.IHeaders = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

const recordOf = (topic: string, partition: number, { offset, key, value, headers }: kafkajs.KafkaMessage) => ({
  ...{ topic: topic.slice(PREFIX.length), partition, offset: Number(offset) },
  ...{ key: key?.toString() ?? '', value: value?.toString() ?? null, headers: textOf(headers) },
});

/** Everything that lies in our topics (or in those of these names) at this moment, read from the start, by an outsider. */
export const readTopics = async (brokers: readonly string[], names?: readonly string[]): Promise<TopicsRead> => {
  const kafka = kafkaClient(brokers);
  const admin = kafka.admin();
  const consumer = kafka.consumer({ groupId: `checker-${randomUUID()}`, sessionTimeout: 30_000, maxWaitTimeInMs: 200 });
  const records: TopicRecord[] = [];
  const partitions: Record<string, number> = {};
  const behind = new Map<string, number>();
  try {
    await admin.connect();
    const topics = (await admin.listTopics()).filter((name) =>
      names ? names.includes(name.slice(PREFIX.length)) : name.startsWith(PREFIX),
    );
    for (const topic of topics) {
      const offsets = await admin.fetchTopicOffsets(topic);
      partitions[topic.slice(PREFIX.length)] = offsets.length;
      for (const { partition, low, high } of offsets) {
        if (Number(low) < Number(high)) behind.set(`${topic}/${partition}`, Number(high));
      }
    }
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    const done = Promise.withResolvers<void>();
    const patience = setTimeout(
      () => done.reject(new Error(`unread after ${PATIENCE_MS} ms: ${[...behind.keys()].join(' ')}`)),
      PATIENCE_MS,
    );
    if (behind.size === 0) done.resolve();
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        const name = `${batch.topic}/${batch.partition}`;
        const end = behind.get(name);
        if (end === undefined) return Promise.resolve();
        const all = batch.messages.map((message) => recordOf(batch.topic, batch.partition, message));
        for (const record of all) if (record.offset < end) records.push(record);
        // What compaction took at the end is known by what comes after it.
        if (Number(batch.lastOffset()) + 1 >= end) behind.delete(name);
        if (behind.size === 0) done.resolve();
        return Promise.resolve();
      },
    });
    await done.promise.finally(() => clearTimeout(patience));
    return { partitions, records };
  } finally {
    await consumer.disconnect().catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
  }
};
