import { topics } from '@cartulary/contracts';
import { type KafkaMessage } from 'kafkajs';
import { KafkaConnection } from '../kafka/kafka-connection.js';

export interface TopicRecord {
  readonly topic: string;
  /** `<topic>/<partition>` */
  readonly partition: string;
  readonly offset: number;
  readonly key: string;
  readonly message: KafkaMessage;
}

/** Everything that lies in the topics, as an outsider finds it; partitions in order. */
export async function readRecords(
  brokers: readonly string[],
  names: readonly string[] = topics.map(({ name }) => name),
): Promise<TopicRecord[]> {
  const connection = new KafkaConnection({ brokers }, {}, () => undefined);
  const records: TopicRecord[] = [];
  try {
    for (const topic of names) {
      await connection.readToEnd([topic], new AbortController().signal, (message, partition) => {
        records.push({ topic, partition, offset: Number(message.offset), key: message.key?.toString() ?? '', message });
      });
    }
  } finally {
    await connection.close();
  }
  return records;
}
