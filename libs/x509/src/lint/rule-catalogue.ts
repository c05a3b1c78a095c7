import { certificateRules } from './certificate-rules.js';
import { crlRules } from './crl-rules.js';
import { type Severity } from './finding.js';
import { responseRules } from './ocsp-rules.js';
import { wholeRules } from './whole-rules.js';

export interface RuleDescription {
  readonly id: string;
  readonly section: string;
  readonly severity: Severity;
}

const describe = ({ id, section, severity }: RuleDescription): RuleDescription => ({ id, section, severity });

/** Every rule that is applied before a signature. */
export const lintRules: readonly RuleDescription[] = [
  ...certificateRules.map(describe),
  ...crlRules.map(describe),
  ...responseRules.map(describe),
  ...wholeRules.map(describe),
];
