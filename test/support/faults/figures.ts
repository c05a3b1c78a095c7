import { countBy } from './client-log.js';
import type { ClusterEvidence } from './check-cluster.js';
import type { Command } from './evidence.js';

export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0;

/** Milliseconds from sending to the acknowledgement, of the commands sent within a time. */
export const latencyOf = (commands: readonly Command[], from: number, to: number): string => {
  const took = commands
    .filter(({ outcome, sentAt }) => outcome === 'acknowledged' && sentAt >= from && sentAt <= to)
    .map(({ sentAt, answeredAt }) => answeredAt - sentAt);
  return `p50 ${percentile(took, 0.5)} ms, p99 ${percentile(took, 0.99)} ms of ${took.length}`;
};

export const figuresOf = ({ commands, events, topics, responders }: ClusterEvidence): object => ({
  commands: commands.length,
  outcomes: countBy(commands, ({ outcome }) => outcome),
  acknowledged: countBy(
    commands.filter(({ outcome }) => outcome === 'acknowledged'),
    ({ action }) => action,
  ),
  retried: commands.filter(({ attempts }) => attempts > 1).length,
  refusals: countBy(
    commands.filter(({ outcome }) => outcome === 'refused'),
    ({ action, code = '' }) => `${action} ${code}`,
  ),
  events: events.length,
  records: topics.records.length,
  answers: Object.fromEntries(
    responders.map(({ name, ocspSeen, crlsSeen }) => [name, ocspSeen.length + crlsSeen.length]),
  ),
});
