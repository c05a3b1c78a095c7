import type { RecordedEvent } from '@cartulary/ledger';
import type { Violations } from '../evidence.js';
import { checkEvents } from './check-events.js';
import { checkState } from './check-state.js';
import { deadLetters, placeOf, type TopicsRead } from './topic-record.js';

/** Whether Kafka tells what the ledger knows, when nothing is under way: every topic against every event. */
export const checkTopics = (events: readonly RecordedEvent[], read: TopicsRead): Violations => [
  ...checkEvents(events, read),
  ...checkState(events, read),
  ...read.records
    .filter(({ topic }) => topic === deadLetters)
    .map((record) => `set aside: ${record.key} at ${placeOf(record)}: ${record.headers['deadletter_reason']}`),
];
