import { eventTopicOf, type StateRecordOf, type StateTopicName } from '@cartulary/contracts';
import { type KafkaMessage } from 'kafkajs';
import { type StateCut, type StateSubscription } from '../transport.js';
import { decodeEventRecord } from './event-record.js';
import { decodeHeartbeat, isHeartbeat } from './heartbeat-record.js';
import { type KafkaConnection } from './kafka-connection.js';

const topicsOf = ({ topics, aggregates = [] }: StateSubscription): Map<string, (message: KafkaMessage) => void> => {
  const readers = new Map<string, (message: KafkaMessage) => void>();
  const add = <Name extends StateTopicName>(name: Name): void => {
    const take = topics[name] as ((key: string, record: StateRecordOf<Name> | undefined) => void) | undefined;
    if (!take) return;
    readers.set(name, ({ key, value }) =>
      take(key?.toString() ?? '', value === null ? undefined : (JSON.parse(value.toString()) as StateRecordOf<Name>)),
    );
  };
  for (const name of Object.keys(topics) as StateTopicName[]) add(name);
  for (const { name, handle } of aggregates) {
    const newest = new Map<string, number>();
    // What a relay sends once more is at or below its stream's highest position.
    const take = (message: KafkaMessage): void => {
      const event = decodeEventRecord(message);
      if (event.position <= (newest.get(event.stream) ?? 0)) return;
      newest.set(event.stream, event.position);
      handle(event);
    };
    readers.set(eventTopicOf(`${name}-`), take);
  }
  return readers;
};

/** Reads the topics to their end; what every partition is known to hold is the lowest of their newest heartbeats. */
export async function readState(
  connection: KafkaConnection,
  subscription: StateSubscription,
  signal: AbortSignal,
): Promise<StateCut> {
  const readers = topicsOf(subscription);
  const byTopic = new Map([...readers].map(([name, read]) => [connection.topic(name), read]));
  const heard = new Map<string, { position: number; at: number }>();
  const bounds = await connection.readToEnd([...readers.keys()], signal, (message, partition) => {
    if (!isHeartbeat(message)) return byTopic.get(partition.slice(0, partition.lastIndexOf('/')))?.(message);
    const { position, at } = decodeHeartbeat(message);
    const before = heard.get(partition) ?? { position: 0, at: 0 };
    heard.set(partition, { position: Math.max(before.position, position), at: Math.max(before.at, Date.parse(at)) });
  });
  if (bounds.some(({ partition }) => !heard.has(partition))) return { position: 0, asOf: undefined };
  const marks = [...heard.values()];
  const at = marks.reduce((lowest, mark) => Math.min(lowest, mark.at), Infinity);
  return { position: marks.reduce((lowest, mark) => Math.min(lowest, mark.position), Infinity), asOf: new Date(at) };
}
