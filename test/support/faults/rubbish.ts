import type { ClusterEvidence } from './check-cluster.js';
import { deadLetters, type TopicRecord } from './topics/topic-record.js';
import { kafkaClient } from './topics/read-topics.js';

/** Positions that no ledger of a test reaches. */
const FIRST = 900_000_001;

/** A record to each partition of these topics that claims to be an event and can't be read; gives how many. */
export const writeRubbish = async (brokers: readonly string[], names: readonly string[]): Promise<number> => {
  const kafka = kafkaClient(brokers);
  const [admin, producer] = [kafka.admin(), kafka.producer({ allowAutoTopicCreation: false })];
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    let position = FIRST;
    for (const name of names) {
      const topic = `cartulary.${name}`;
      for (const { partition } of await admin.fetchTopicOffsets(topic)) {
        const headers = { ce_type: `dev.cartulary.${name}.issued.v1`, ce_position: String(position++) };
        await producer.send({ topic, messages: [{ key: 'rubbish', partition, value: '{"serial":', headers }] });
      }
    }
    return position - FIRST;
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
};

const isRubbish = ({ topic, headers }: TopicRecord): boolean =>
  topic !== deadLetters && Number(headers['ce_position']) >= FIRST;

/** The evidence without what was written here, and without what was set aside. */
export const withoutRubbish = ({ topics, ...evidence }: ClusterEvidence): ClusterEvidence => {
  const records = topics.records.filter((record) => record.topic !== deadLetters && !isRubbish(record));
  return { ...evidence, topics: { ...topics, records } };
};
