import { type StateRecordOf, type StateTopicName } from '@cartulary/contracts';
import { type KafkaMessage } from 'kafkajs';
import { decodeHeartbeat, isHeartbeat } from './heartbeat-record.js';
import { type KafkaConnection } from './kafka-connection.js';

export interface StateSnapshot<Name extends StateTopicName> {
  readonly records: ReadonlyMap<string, StateRecordOf<Name>>;
  /** Everything up to here, and everything committed before `asOf`, is in the records; 0 without any heartbeat. */
  readonly position: number;
  readonly asOf: Date | undefined;
}

/** The newest record of each key: by its position, since a relay may send older ones once more. */
export async function readState<Name extends StateTopicName>(
  connection: KafkaConnection,
  name: Name,
  signal: AbortSignal,
): Promise<StateSnapshot<Name>> {
  const records = new Map<string, StateRecordOf<Name>>();
  const heard = new Map<string, { position: number; at: number }>();
  const take = (message: KafkaMessage, place: string): void => {
    const partition = place.slice(0, place.lastIndexOf('/'));
    if (isHeartbeat(message)) {
      const { position, at } = decodeHeartbeat(message);
      const before = heard.get(partition) ?? { position: 0, at: 0 };
      heard.set(partition, { position: Math.max(before.position, position), at: Math.max(before.at, Date.parse(at)) });
      return;
    }
    const key = message.key?.toString() ?? '';
    if (message.value === null) return void records.delete(key);
    const record = JSON.parse(message.value.toString()) as StateRecordOf<Name>;
    if (record.position >= (records.get(key)?.position ?? 0)) records.set(key, record);
  };
  await connection.readToEnd(name, signal, take);
  const partitions = (await connection.bounds([connection.topic(name)])).length;
  const complete = heard.size === partitions;
  const position = complete ? Math.min(...[...heard.values()].map((mark) => mark.position)) : 0;
  const asOf = complete ? new Date(Math.min(...[...heard.values()].map(({ at }) => at))) : undefined;
  return { records, position, asOf };
}
