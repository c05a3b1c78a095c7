import { type KafkaMessage } from 'kafkajs';
import { decodeEventRecord } from './event-record.js';
import { type PartitionName } from './group-session.js';
import { decodeHeartbeat, isHeartbeat } from './heartbeat-record.js';
import { type PositionMerge } from './position-merge.js';

/** Events of one partition that may wait in memory for the others. */
const ENOUGH = 2_000;

/** Puts what was read into the merge; what is neither event nor heartbeat goes to `malformed`. */
export function receive(
  merge: PositionMerge,
  partition: PartitionName,
  messages: readonly KafkaMessage[],
  malformed: (message: KafkaMessage, error: unknown) => void,
): boolean {
  for (const message of messages) {
    const offset = BigInt(message.offset);
    try {
      if (isHeartbeat(message)) {
        const { position, at, head } = decodeHeartbeat(message);
        merge.pushMark(partition, offset, { position, at: Date.parse(at), head });
      } else {
        merge.pushEvent({ partition, offset, event: decodeEventRecord(message), headers: message.headers ?? {} });
      }
    } catch (error) {
      merge.pass(partition, offset);
      malformed(message, error);
    }
  }
  return merge.waiting(partition) >= ENOUGH;
}

export const hasRoom =
  (merge: PositionMerge) =>
  (partition: PartitionName): boolean =>
    merge.waiting(partition) < ENOUGH / 2;
