import type { RecordedEvent } from '@cartulary/ledger';
import type { Violations } from '../evidence.js';
import {
  type HeartbeatSaid,
  isEventTopic,
  isHeartbeat,
  partitionOf,
  placeOf,
  type TopicRecord,
  type TopicsRead,
} from './topic-record.js';

/** CloudEvents 1.0, Kafka protocol binding, binary mode: what the headers must say of an event. */
const headersOf = (event: RecordedEvent): Record<string, string> => ({
  ce_specversion: '1.0',
  ce_id: event.id,
  ce_subject: event.stream,
  ce_time: event.committedAt,
  ce_position: String(event.position),
  ce_eventtype: event.type,
  ce_schemaversion: String(event.schemaVersion),
  ce_streamversion: String(event.version),
  ce_recordedat: event.recordedAt,
  ce_actorid: event.actor.id,
  ce_actorcredential: event.actor.credential,
  ce_correlationid: event.correlationId,
  ...(event.causationId === undefined ? {} : { ce_causationid: event.causationId }),
  ce_leafhash: event.leafHash.toString('hex'),
  'content-type': 'application/json',
});
const sourcePattern = /^\/\/[a-z0-9.-]+\/cartulary$/;
const typePattern = /^dev\.cartulary\.[a-z-]+\.[a-z-]+\.v\d+$/;

const differences = (event: RecordedEvent, record: TopicRecord): Violations => {
  const name = `${event.type} ${event.position} at ${placeOf(record)}`;
  const { key, value, headers } = record;
  const wrong: Violations = [];
  for (const [header, expected] of Object.entries(headersOf(event))) {
    if (headers[header] !== expected) wrong.push(`another event: ${name} has ${header} ${headers[header]}`);
  }
  const { ce_type: type = '', ce_source: source = '', ce_dataschema: schema } = headers;
  if (!typePattern.test(type) || !type.endsWith(`.v${event.schemaVersion}`) || !sourcePattern.test(source))
    wrong.push(`no CloudEvent: ${name} is a ${type} of ${source}`);
  if (schema !== `urn:cartulary:schema:${type}`) wrong.push(`no CloudEvent: ${name} has the schema ${schema}`);
  if (key !== event.stream) wrong.push(`another key: ${name} has ${key}`);
  // The bytes are the truth: those of `data`, as they stand in the envelope.
  if (value === null || !event.envelope.toString().endsWith(`,"data":${value}}`))
    wrong.push(`another event: ${name} has other data`);
  return wrong;
};

/** Milliseconds: a commit time is taken when the commit begins, and nobody has seen the event before that has ended. */
const COMMIT_MS = 5_000;

/** The topic of a stream's events, among those that there are. */
const topicOf = (stream: string, topics: readonly string[]): string =>
  topics.filter((topic) => stream.startsWith(`${topic}-`)).sort((a, b) => b.length - a.length)[0] ?? 'other';

const sameText = ({ key, value, headers }: TopicRecord): string =>
  JSON.stringify([key, value, Object.entries(headers).sort()]);

/**
 * One partition: by position, each event once or again as it was, and no heartbeat that said something was complete when
 * it was not.
 */
class Partition {
  readonly told = new Map<number, string>();
  readonly wrong: Violations = [];
  /** Every event up to here is said to have gone before. */
  complete = 0;
  #completeAt = -Infinity;
  #highest = 0;

  constructor(
    private readonly ledger: ReadonlyMap<number, RecordedEvent>,
    private readonly topics: readonly string[],
  ) {}

  read(record: TopicRecord): void {
    if (isHeartbeat(record)) return this.#heartbeat(record);
    const position = Number(record.headers['ce_position']);
    const event = this.ledger.get(position);
    if (!event) return void this.wrong.push(`${placeOf(record)} says ${position}, which is not in the ledger`);
    this.wrong.push(...differences(event, record));
    const topic = topicOf(event.stream, this.topics);
    if (topic !== record.topic) this.wrong.push(`${placeOf(record)} belongs to the topic ${topic}`);
    const before = this.told.get(position);
    const text = sameText(record);
    if (before === undefined) this.#first(event, record);
    else if (before !== text) this.wrong.push(`the repeat of ${position} at ${placeOf(record)} is another one`);
    this.told.set(position, before ?? text);
  }

  #first({ position, committedAt }: RecordedEvent, record: TopicRecord): void {
    if (position < this.#highest)
      this.wrong.push(`out of order: ${position} at ${placeOf(record)} comes after ${this.#highest}`);
    const claimed = position <= this.complete || Date.parse(committedAt) + COMMIT_MS < this.#completeAt;
    if (claimed) this.wrong.push(`a heartbeat before ${placeOf(record)} said that ${position} had gone before`);
    this.#highest = Math.max(this.#highest, position);
  }

  #heartbeat(record: TopicRecord): void {
    const { at, position } = JSON.parse(record.value ?? '{}') as HeartbeatSaid;
    if (position > 0 && !this.ledger.has(position))
      this.wrong.push(`the heartbeat at ${placeOf(record)} speaks of ${position}, which is not in the ledger`);
    this.complete = Math.max(this.complete, position);
    this.#completeAt = Math.max(this.#completeAt, Date.parse(at));
  }
}

/** Every event is there, in its place, as it stands in the ledger, and nothing else is. */
export const checkEvents = (events: readonly RecordedEvent[], { partitions, records }: TopicsRead): Violations => {
  const ledger = new Map(events.map((event) => [event.position, event]));
  const topics = Object.keys(partitions).filter(isEventTopic);
  const read = new Map<string, Partition>();
  const homes = new Map<string, string>();
  const wrong: Violations = [];
  for (const topic of topics) {
    for (let index = 0; index < partitions[topic]!; index++)
      read.set(`${topic}/${index}`, new Partition(ledger, topics));
  }
  for (const record of records) {
    if (!isEventTopic(record.topic)) continue;
    const partition = partitionOf(record);
    read.get(partition)?.read(record);
    if (isHeartbeat(record)) continue;
    const home = homes.get(record.key) ?? partition;
    if (home !== partition) wrong.push(`${record.key} is on ${home} and on ${partition}`);
    homes.set(record.key, home);
  }
  for (const [name, partition] of read) {
    wrong.push(...partition.wrong);
    if (partition.complete < events.length) wrong.push(`${name} is complete up to ${partition.complete} only`);
  }
  const told = new Set([...read.values()].flatMap((partition) => [...partition.told.keys()]));
  const lost = events.filter(({ position }) => !told.has(position));
  return [...wrong, ...lost.map(({ type, position }) => `lost: ${type} ${position} is on no topic`)];
};
