import type { TSchema } from 'typebox';
import {
  cloudEventType,
  eventContentType,
  eventSchemaId,
  extensionAttributes,
  heartbeatType,
} from '../events/cloud-event.js';
import { type EventType, eventTypeNames, eventTypes } from '../events/event-types.js';
import { Heartbeat, stateRecords } from '../events/state-records.js';
import { type StateTopicName, type Topic, topics } from '../events/topics.js';
import { apiVersion } from '../openapi/openapi-document.js';

type Json = Record<string, unknown>;

const typeOf = (name: EventType): string => cloudEventType(name, 1, `${eventTypes[name].aggregate}-`);
const plain = (schema: TSchema): Json => JSON.parse(JSON.stringify(schema)) as Json;
const header = (description: string, more: Json = {}): Json => ({ type: 'string', description, ...more });

const required = (...names: string[]): string[] => [...names, 'content-type'];
const contentType = { 'content-type': { type: 'string', const: eventContentType } };

const eventHeaders = (): Json => ({
  type: 'object',
  required: required(
    ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'dataschema'].map((name) => `ce_${name}`),
    ...Object.keys(extensionAttributes)
      .filter((name) => name !== 'causationid')
      .map((name) => `ce_${name}`),
  ),
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: header('UUIDv7 of the event: the same in every copy', { format: 'uuid' }),
    ce_source: header('//<trust domain>/cartulary'),
    ce_type: header('See the message'),
    ce_subject: header('The stream: <aggregate>-<key>'),
    ce_time: header('The database’s clock at the commit; it never goes back', { format: 'date-time' }),
    ce_dataschema: header('The $id of the payload’s schema'),
    ...Object.fromEntries(
      Object.entries(extensionAttributes).map(([name, description]) => [`ce_${name}`, header(description)]),
    ),
    ...contentType,
  },
});

const recordHeaders = (): Json => ({
  type: 'object',
  required: required('ce_specversion', 'ce_id', 'ce_source', 'ce_type'),
  properties: {
    ce_specversion: { type: 'string', const: '1.0' },
    ce_id: header('Unique within the source'),
    ce_source: header('//<trust domain>/cartulary'),
    ce_type: header('dev.cartulary.…'),
    ce_position: header(extensionAttributes.position),
    ...contentType,
  },
});

const eventMessage = (name: EventType): Json => {
  const { summary, data } = eventTypes[name];
  const type = typeOf(name);
  return {
    name: type,
    title: name,
    summary,
    contentType: eventContentType,
    headers: { $ref: '#/components/schemas/EventHeaders' },
    payload: { $id: eventSchemaId(type), ...plain(data) },
    bindings: { kafka: { key: header('The stream') } },
  };
};

const stateMessage = (name: StateTopicName, key: string): Json => ({
  name: `dev.cartulary.${name}.v1`,
  title: name,
  summary:
    'The newest state of one key; an empty value removes it. Of two records of a key the higher position counts.',
  contentType: eventContentType,
  headers: { $ref: '#/components/schemas/RecordHeaders' },
  payload: plain(stateRecords[name]),
  bindings: { kafka: { key: header(key) } },
});

const heartbeatMessage = (): Json => ({
  name: heartbeatType,
  title: 'Heartbeat',
  summary:
    'To every partition, each second and after each batch of events: everything committed before `at`, and everything up to `position`, that belongs in this partition is before this offset.',
  contentType: eventContentType,
  headers: { $ref: '#/components/schemas/RecordHeaders' },
  payload: plain(Heartbeat),
});

const deadLetterMessage = (): Json => ({
  name: 'dev.cartulary.dead-letter',
  title: 'DeadLetter',
  summary:
    'A record that a group could not handle: its own headers and value, and why. An empty value says that it was handled after all.',
  headers: {
    type: 'object',
    required: ['deadletter_group', 'deadletter_reason', 'deadletter_topic', 'deadletter_attempts', 'deadletter_at'],
    properties: {
      deadletter_group: header('The consumer group'),
      deadletter_reason: header('The error’s name and message'),
      deadletter_topic: header('Where it was read'),
      deadletter_partition: header('Where it was read'),
      deadletter_offset: header('Where it was read'),
      deadletter_attempts: header('How often it was tried'),
      deadletter_at: header('When it was set aside; RFC 3339', { format: 'date-time' }),
    },
  },
  payload: {},
});

/** The names, within components, of what a topic carries. */
const messagesOf = ({ name, kind }: Topic): string[] => {
  if (kind === 'dead-letter') return ['DeadLetter'];
  if (kind === 'state') return [name, 'Heartbeat'];
  return [...eventTypeNames.filter((event) => eventTypes[event].aggregate === name), 'Heartbeat'];
};

const descriptions: Readonly<Record<Topic['kind'], string>> = {
  events: 'Every event of the aggregate, at least once, in order per key, never compacted.',
  state: 'Compacted. Read it to its end, then follow the events from the positions found.',
  'dead-letter': 'Compacted. What consumer groups of Cartulary set aside.',
};

const channel = (topic: Topic): Json => ({
  address: `{prefix}.${topic.name}`,
  description:
    topic.name === 'token'
      ? `${descriptions.events} For Cartulary’s own services: grant others no access.`
      : descriptions[topic.kind],
  parameters: { prefix: { default: 'cartulary', description: 'CARTULARY_KAFKA_PREFIX' } },
  messages: Object.fromEntries(messagesOf(topic).map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  bindings: {
    kafka: {
      ...(topic.wide ? {} : { partitions: 1 }),
      topicConfiguration: { 'cleanup.policy': [topic.kind === 'events' ? 'delete' : 'compact'] },
    },
  },
});

const operation = (topic: Topic): Json => ({
  action: 'send',
  channel: { $ref: `#/channels/${topic.name}` },
  summary: topic.kind === 'dead-letter' ? 'Consumers of Cartulary write it' : 'The relay writes it',
});

/** AsyncAPI 3.0 of everything that is on Kafka, made from the tables of events and records. */
export const asyncApiDocument = ({ version = apiVersion }: { readonly version?: string } = {}): Json => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Cartulary',
    version,
    description:
      'CloudEvents 1.0 in Kafka’s binary mode. The value of an event is its `data`, byte for byte as in the ledger’s envelope; the headers hold the rest, so that a consumer can put the envelope together and check its leaf hash. Delivery is at least once: know an event by `ce_id` or `ce_position`. Pass over types, members and attributes that you don’t know.',
    license: { name: 'Apache-2.0' },
  },
  defaultContentType: eventContentType,
  channels: Object.fromEntries(topics.map((topic) => [topic.name, channel(topic)])),
  operations: Object.fromEntries(topics.map((topic) => [`send.${topic.name}`, operation(topic)])),
  components: {
    messages: {
      ...Object.fromEntries(eventTypeNames.map((name) => [name, eventMessage(name)])),
      ...Object.fromEntries(
        topics
          .filter(({ kind }) => kind === 'state')
          .map(({ name, key }) => [name, stateMessage(name as StateTopicName, key)]),
      ),
      Heartbeat: heartbeatMessage(),
      DeadLetter: deadLetterMessage(),
    },
    schemas: { EventHeaders: eventHeaders(), RecordHeaders: recordHeaders() },
  },
});
