import { eventContentType, cloudEventSource, eventTopicOf, type Heartbeat, topics } from '@cartulary/contracts';
import { type FollowBatch } from '@cartulary/ledger';
import { type Message, type TopicMessages } from 'kafkajs';
import { encodeEventRecord } from '../kafka/event-record.js';
import { encodeHeartbeat } from '../kafka/heartbeat-record.js';
import { type SendSpans } from '../tracing.js';
import { type Expiry } from './relay-lead.js';
import { type StateFold } from './state-fold.js';
import { type StateRecord } from './state-record.js';

/** A broker takes 1 MB a partition and request; one event has at most 64 KiB, and what state it makes less. */
const CHUNK_BYTES = 400_000;

const eventTopics = topics.filter(({ kind }) => kind === 'events').map(({ name }) => name);
const stateTopics = topics.filter(({ kind }) => kind === 'state').map(({ name }) => name);

export interface Destination {
  readonly trustDomain: string;
  topic(name: string): string;
  partitions(name: string): number;
}

/** One produce request: messages by topic. */
export class RecordBatch {
  private readonly messages = new Map<string, Message[]>();
  /** Of the certificates whose state is in it. */
  readonly expiries: Expiry[] = [];
  private bytes = 0;

  constructor(private readonly to: Destination) {}

  get full(): boolean {
    return this.bytes >= CHUNK_BYTES;
  }

  add(topic: string, message: Message): void {
    const list = this.messages.get(topic) ?? [];
    if (list.length === 0) this.messages.set(topic, list);
    list.push(message);
    this.bytes += message.value?.length ?? 0;
  }

  addState({ topic, key, value }: StateRecord, timestamp: string): void {
    if (topic === 'state.certificate' && 'serial' in value) {
      this.expiries.push({ serial: value.serial, notAfter: value.notAfter });
    }
    this.add(topic, {
      key,
      value: JSON.stringify(value),
      headers: {
        ce_specversion: '1.0',
        ce_id: `${key}@${value.position}`,
        ce_source: cloudEventSource(this.to.trustDomain),
        ce_type: `dev.cartulary.${topic}.v1`,
        ce_position: String(value.position),
        'content-type': eventContentType,
      },
      timestamp,
    });
  }

  /** To every partition of the topics of events, and of the state topics if they are to have one. */
  addHeartbeats(heartbeat: Heartbeat, toState: boolean): void {
    const message = encodeHeartbeat(heartbeat, this.to.trustDomain);
    for (const name of toState ? [...eventTopics, ...stateTopics] : eventTopics) {
      for (let partition = 0; partition < this.to.partitions(name); partition++) {
        this.add(name, { ...message, partition });
      }
    }
  }

  /** Removes a certificate from the state topics. */
  addRemoval(serial: string): void {
    for (const topic of ['state.certificate', 'revoked'] as const) this.add(topic, { key: serial, value: null });
  }

  topicMessages(): TopicMessages[] {
    return [...this.messages].map(([name, messages]) => ({ topic: this.to.topic(name), messages }));
  }
}

/**
 * What a batch of the ledger's becomes: requests to be sent one after the other. Heartbeats stand in the last one,
 * behind the events: then whatever the batch holds for a partition is before its heartbeat.
 */
export async function recordBatches(
  batch: FollowBatch,
  fold: StateFold,
  to: Destination,
  heartbeatToState: boolean,
  spans: Pick<SendSpans, 'traceparent'>,
): Promise<RecordBatch[]> {
  let current = new RecordBatch(to);
  const all = [current];
  const streams = await fold.streams(batch.events);
  for (const event of batch.events) {
    if (current.full) all.push((current = new RecordBatch(to)));
    const message = encodeEventRecord(event, to.trustDomain, spans.traceparent(event));
    const { timestamp } = message;
    current.add(eventTopicOf(event.stream), message);
    for (const record of await fold.records(event, streams)) current.addState(record, timestamp);
  }
  current.addHeartbeats(heartbeatOf(batch), heartbeatToState);
  return all;
}

// With more to come, the batch says only that what was committed before its last event has been seen.
const heartbeatOf = ({ asOf, caughtUp, position, head, events }: FollowBatch): Heartbeat => {
  const at = caughtUp ? asOf.toISOString() : (events.at(-1)?.committedAt ?? new Date(0).toISOString());
  return { at, position, head: Math.max(head, position) };
};
