import type { RecordedEvent } from '@cartulary/ledger';
import { checkAnswers } from './check-answers.js';
import { checkCommands } from './check-commands.js';
import { checkLedger } from './check-ledger.js';
import type { Evidence, Violations } from './evidence.js';
import { checkTopics } from './topics/check-topics.js';
import type { TopicsRead } from './topics/topic-record.js';

type Answers = Pick<Evidence, 'ocspSeen' | 'crlsSeen' | 'ocspAtRest' | 'crlsAtRest'>;
export type ResponderEvidence = Answers & { readonly name: string };

export interface ClusterEvidence extends Omit<Evidence, keyof Answers> {
  readonly events: readonly RecordedEvent[];
  readonly topics: TopicsRead;
  /** Replicas share nothing: what each has said is held against the ledger and against what that one said before. */
  readonly responders: readonly ResponderEvidence[];
}

/** DESIGN §9's invariants over ledger, topics, CRLs, OCSP answers and the clients' logs. */
export const checkCluster = (evidence: ClusterEvidence, namespace: string): Violations => [
  ...checkCommands(evidence, namespace),
  ...checkLedger(evidence),
  ...checkTopics(evidence.events, evidence.topics),
  ...evidence.responders.flatMap(({ name, ...answers }) =>
    checkAnswers({ ...evidence, ...answers }).map((violation) => `${name}: ${violation}`),
  ),
];
