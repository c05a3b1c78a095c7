import { type Aggregate, aggregateOf, aggregates } from './aggregates.js';

/** `events`: everything, in order per key. `state`: compacted, the newest record of each key; see state-records.ts. */
export type TopicKind = 'events' | 'state' | 'dead-letter';

export interface Topic {
  /** Without the prefix. */
  readonly name: string;
  readonly kind: TopicKind;
  /** What a record is about, which is its key. */
  readonly key: string;
  /** Grows with the mesh, so its topic has as many partitions as are configured; the others have one. */
  readonly wide: boolean;
}

export const stateTopicNames = [
  'state.certificate',
  'revoked',
  'state.issuer',
  'state.preparation',
  'state.publication',
  'state.delta',
  'state.bundle',
] as const;
export type StateTopicName = (typeof stateTopicNames)[number];

/** Events of aggregates that this release does not know. */
export const otherTopic = 'other';
export const deadLetterTopic = 'dead-letter';

const wideAggregates: readonly Aggregate[] = ['certificate', 'identity', 'key', 'placement'];
const stateKeys: Readonly<Record<StateTopicName, string>> = {
  'state.certificate': 'serial',
  revoked: 'serial',
  'state.issuer': 'issuer id',
  'state.preparation': 'issuer id',
  'state.publication': 'issuer id',
  'state.delta': 'issuer id',
  'state.bundle': 'trust domain',
};

export const topics: readonly Topic[] = [
  ...[...aggregates, otherTopic].map((name) => ({
    name,
    kind: 'events' as const,
    key: 'stream',
    wide: wideAggregates.includes(name as Aggregate),
  })),
  ...stateTopicNames.map((name) => ({
    name,
    kind: 'state' as const,
    key: stateKeys[name],
    wide: name === 'state.certificate' || name === 'revoked',
  })),
  { name: deadLetterTopic, kind: 'dead-letter', key: '<group>/<position>', wide: false },
];

/** The topic (without the prefix) of a stream's events. */
export const eventTopicOf = (stream: string): string => aggregateOf(stream) ?? otherTopic;
