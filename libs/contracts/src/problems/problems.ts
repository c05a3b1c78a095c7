import { domainProblems, ledgerProblems, policyProblems } from './domain-problems.js';
import { edgeProblems } from './edge-problems.js';
import type { ProblemCode } from './problem-code.js';
import type { ProblemRow } from './problem-row.js';
import { x509Problems } from './x509-problems.js';

/** Every code that a caller can meet, with what it becomes on the wire. A code without a row does not compile. */
export const problems: Readonly<Record<ProblemCode, ProblemRow>> = {
  ...edgeProblems,
  ...policyProblems,
  ...domainProblems,
  ...x509Problems,
  ...ledgerProblems,
} satisfies Record<ProblemCode, ProblemRow>;

export const problemCodes = Object.keys(problems) as ProblemCode[];

export const isProblemCode = (text: unknown): text is ProblemCode =>
  typeof text === 'string' && Object.hasOwn(problems, text);

/** RFC 9457 `type`: where the code is explained. */
export const problemType = (code: ProblemCode): string => `urn:cartulary:problem:${code}`;
