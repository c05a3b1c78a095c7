import { createHash } from 'node:crypto';
import type { RecordedEvent } from '@cartulary/ledger';
import { isEventTopic, type TopicRecord, type TopicsRead } from './topic-record.js';
import { stateFacts } from './state-facts.js';

const issuerId = 'feedfacefeedface';
const times = { notBefore: '2026-11-22T12:00:00.000Z', notAfter: '2026-11-23T12:00:00.000Z' };
export const [alice, bob] = ['01aa', '01bb'] as const;

/** Event n is committed at n seconds. */
export const eventAt = (position: number, stream: string, version: number, type: string, data: object) => {
  const head = {
    ...{ id: `id-${position}`, stream, version, type, schemaVersion: 1, recordedAt: '2026-11-22T12:00:00.000Z' },
    ...{ actor: { id: 'operator', credential: 'system' }, correlationId: `c-${position}`, causationId: null },
  };
  const envelope = Buffer.from(JSON.stringify({ ...head, data }));
  const leafHash = createHash('sha256').update('\0').update(envelope).digest();
  const committedAt = new Date(position * 1_000).toISOString();
  return { ...head, causationId: undefined, data, position, committedAt, envelope, leafHash } as RecordedEvent;
};
const named = (serial: string) => ({ serial, issuerId, notAfter: times.notAfter });
const at = '2026-11-22T13:00:00.000Z';

/** A trust domain, alice revoked, bob held and released, one CRL. */
export const honestLedger: readonly RecordedEvent[] = [
  eventAt(1, 'trust-domain-cluster.local', 1, 'TrustDomainCreated', {
    ...{ trustDomain: 'cluster.local', root: issuerId, systemRoot: issuerId, createdAt: at },
  }),
  eventAt(2, `issuer-${issuerId}`, 1, 'IssuerCreated', { issuerId, purpose: 'root', certificate: 'AA==', ...times }),
  eventAt(3, `certificate-${alice}`, 1, 'CertificateIssued', { ...named(alice), keyHash: 'aa' }),
  eventAt(4, `certificate-${bob}`, 1, 'CertificateIssued', { ...named(bob), keyHash: 'bb' }),
  eventAt(5, `certificate-${bob}`, 2, 'CertificateHeld', { ...named(bob), heldAt: at }),
  eventAt(6, `certificate-${alice}`, 2, 'CertificateRevoked', {
    ...{ ...named(alice), reason: 'keyCompromise', revokedAt: at },
  }),
  eventAt(7, `publication-${issuerId}`, 1, 'CrlPrepared', { issuerId }),
  eventAt(8, `publication-${issuerId}`, 2, 'CrlPublished', { issuerId, number: 7, sha256: 'cc', entries: 2 }),
  eventAt(9, `certificate-${bob}`, 3, 'CertificateReleased', { ...named(bob), releasedAt: at }),
];

const topicOf = ({ stream }: RecordedEvent): string =>
  ['certificate', 'issuer', 'publication', 'trust-domain'].find((topic) => stream.startsWith(`${topic}-`)) ?? 'other';

export const recordOf = (event: RecordedEvent): Omit<TopicRecord, 'offset'> => {
  const type = `dev.cartulary.${topicOf(event)}.${event.type.toLowerCase()}.v1`;
  const headers = {
    ...{ ce_specversion: '1.0', ce_id: event.id, ce_source: '//cluster.local/cartulary', ce_type: type },
    ...{ ce_subject: event.stream, ce_time: event.committedAt, ce_dataschema: `urn:cartulary:schema:${type}` },
    ...{ ce_position: String(event.position), ce_eventtype: event.type, ce_schemaversion: '1' },
    ...{ ce_streamversion: String(event.version), ce_recordedat: event.recordedAt, ce_actorid: event.actor.id },
    ...{ ce_actorcredential: event.actor.credential, ce_correlationid: event.correlationId },
    ...{ ce_leafhash: event.leafHash.toString('hex'), 'content-type': 'application/json' },
  };
  const value = JSON.stringify(event.data);
  return { topic: topicOf(event), partition: 0, key: event.stream, value, headers };
};

export const heartbeatTo = (topic: string, position: number): Omit<TopicRecord, 'offset'> => ({
  ...{ topic, partition: 0, key: 'heartbeat', headers: { ce_type: 'dev.cartulary.heartbeat.v1' } },
  value: JSON.stringify({ at: new Date(position * 1_000).toISOString(), position, head: position }),
});

const stateRecords = (ledger: readonly RecordedEvent[]): Omit<TopicRecord, 'offset'>[] =>
  stateFacts(ledger).map(({ topic, key, position, says }) => ({
    ...{ topic, partition: 0, key, value: JSON.stringify({ ...says, more: 1 }) },
    headers: {
      ...{ ce_type: `dev.cartulary.${topic}.v1`, ce_id: `${key}@${position}`, ce_position: String(position) },
    },
  }));

const stateTopics = ['certificate', 'issuer', 'preparation', 'publication', 'bundle'].map((name) => `state.${name}`);
const eventTopics = ['certificate', 'issuer', 'publication', 'trust-domain', 'other'];

export const numbered = (records: readonly Omit<TopicRecord, 'offset'>[]): TopicRecord[] => {
  const next = new Map<string, number>();
  return records.map((record) => {
    const offset = next.get(record.topic) ?? 0;
    next.set(record.topic, offset + 1);
    return { ...record, offset };
  });
};

/** What an honest relay makes of it, with one batch sent twice, as a successor does. */
export const honestTopics = (): TopicsRead => {
  const [first, second] = [honestLedger.slice(0, 6), honestLedger.slice(6)];
  const records = [
    ...[...first, ...first.slice(2)].map(recordOf),
    ...eventTopics.map((topic) => heartbeatTo(topic, 6)),
    ...second.map(recordOf),
    ...stateRecords(honestLedger),
    ...[...eventTopics, ...stateTopics, 'revoked'].map((topic) => heartbeatTo(topic, 9)),
  ];
  const partitions = Object.fromEntries(
    [...eventTopics, ...stateTopics, 'revoked', 'dead-letter'].map((topic) => [topic, 1]),
  );
  return { partitions, records: numbered(records) };
};

export const isEventOf =
  (position: number) =>
  ({ topic, headers }: TopicRecord): boolean =>
    isEventTopic(topic) && headers['ce_position'] === String(position);
