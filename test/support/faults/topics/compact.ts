import kafkajs from 'kafkajs';
import { kafkaClient, readTopics } from './read-topics.js';
import { isHeartbeat, isStateTopic } from './topic-record.js';

const soon = {
  'cleanup.policy': 'compact',
  'segment.ms': '1000',
  'min.cleanable.dirty.ratio': '0.01',
  'min.compaction.lag.ms': '0',
  'delete.retention.ms': '1000',
};

/** What compaction does in days happens in seconds from now on, in the topics of state. */
export const compactSoon = async (brokers: readonly string[]): Promise<void> => {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    const names = (await admin.listTopics()).filter((name) => isStateTopic(name.replace('cartulary.', '')));
    const configEntries = Object.entries(soon).map(([name, value]) => ({ name, value }));
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    await admin.alterConfigs({
      validateOnly: false,
      resources: names.map((name) => ({ type, name, configEntries })),
    });
  } finally {
    await admin.disconnect();
  }
};

/** How many records of certificates there are, and how many of them a later one of the same key has replaced. */
export const replacedRecords = async (brokers: readonly string[]): Promise<{ records: number; replaced: number }> => {
  const { records } = await readTopics(brokers, ['state.certificate']);
  const certificates = records.filter((record) => !isHeartbeat(record));
  return {
    records: certificates.length,
    replaced: certificates.length - new Set(certificates.map(({ key }) => key)).size,
  };
};
