import type { RecordedEvent } from '@cartulary/ledger';
import type { Violations } from '../evidence.js';
import { type StateFact, stateFacts } from './state-facts.js';
import { isHeartbeat, isStateTopic, placeOf, type TopicRecord, type TopicsRead } from './topic-record.js';

const nameOf = ({ topic, key }: { readonly topic: string; readonly key: string }): string => `${topic} of ${key}`;

/** Every record says what the ledger said at its position. */
const checkRecord = (record: TopicRecord, facts: ReadonlyMap<string, StateFact>): Violations => {
  const name = `${nameOf(record)} at ${placeOf(record)}`;
  if (record.value === null) return [`removed: ${name}`];
  const value = JSON.parse(record.value) as Readonly<Record<string, unknown>>;
  const { position } = value;
  const fact = facts.get(`${nameOf(record)}@${String(position)}`);
  if (!fact) return [`${name} says ${String(position)}, where the ledger says nothing of it`];
  const wrong: Violations = [];
  for (const [field, expected] of Object.entries(fact.says)) {
    if (JSON.stringify(value[field]) !== JSON.stringify(expected))
      wrong.push(`${name} says ${field} ${JSON.stringify(value[field])}, the ledger ${JSON.stringify(expected)}`);
  }
  const { ce_type: type, ce_id: id, ce_position: place } = record.headers;
  const headers = [type, id, place].join(' ');
  const expected = `dev.cartulary.${record.topic}.v1 ${record.key}@${String(position)} ${String(position)}`;
  if (headers !== expected) wrong.push(`no CloudEvent: ${name} is ${headers}`);
  return wrong;
};

/**
 * The last record of each key, which is what compaction leaves, is the fold of the whole ledger; so the set of revoked
 * certificates is the ledger's too.
 */
export const checkState = (events: readonly RecordedEvent[], { records }: TopicsRead): Violations => {
  const facts = stateFacts(events);
  const byPosition = new Map(facts.map((fact) => [`${nameOf(fact)}@${fact.position}`, fact]));
  const expected = new Map(facts.map((fact) => [nameOf(fact), fact.position]));
  const last = new Map<string, number>();
  const wrong: Violations = [];
  for (const record of records) {
    if (!isStateTopic(record.topic) || isHeartbeat(record)) continue;
    wrong.push(...checkRecord(record, byPosition));
    last.set(nameOf(record), record.value === null ? 0 : Number(record.headers['ce_position']));
  }
  for (const [name, position] of expected) {
    const found = last.get(name);
    if (found === undefined) wrong.push(`missing: ${name} (${position})`);
    else if (found !== position) wrong.push(`stale: ${name} ends with ${found}, the ledger with ${position}`);
  }
  return wrong;
};
