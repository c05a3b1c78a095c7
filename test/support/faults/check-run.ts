import { checkAnswers } from './check-answers.js';
import { checkCommands } from './check-commands.js';
import { checkLedger } from './check-ledger.js';
import type { Evidence, Violations } from './evidence.js';

/** DESIGN §9's invariants over what a run left behind: the ledger, the publications, the clients' logs. */
export const checkRun = (evidence: Evidence, namespace: string): Violations => [
  ...checkCommands(evidence, namespace),
  ...checkLedger(evidence),
  ...checkAnswers(evidence),
];
