import { domainProblems, ledgerProblems, policyProblems } from './domain-problems.js';
import { edgeProblems } from './edge-problems.js';
import type { ProblemRow } from './problem-row.js';
import { x509Problems } from './x509-problems.js';

const sections: readonly (readonly [heading: string, rows: Readonly<Record<string, ProblemRow>>])[] = [
  ['The request and its caller', edgeProblems],
  ['Issuance policy', policyProblems],
  ['Life cycle', domainProblems],
  ['CSRs, certificates, CRLs, OCSP, keys', x509Problems],
  ['The ledger', ledgerProblems],
];

const line = ([code, { status, grpc, title, remedy, retryAfter }]: [string, ProblemRow]): string =>
  `| \`${code}\` | ${status} | ${grpc} | ${title} | ${remedy}${retryAfter ? ` (\`Retry-After: ${retryAfter}\`)` : ''} |`;

/** The text of docs/errors.md. */
export const problemsMarkdown = (): string =>
  [
    '# Errors',
    '',
    'Every refusal is an RFC 9457 problem document (`application/problem+json`) with a stable `code`. This page is made from',
    'the table in `libs/contracts/src/problems`, and a test compares the two.',
    '',
    ...sections.flatMap(([heading, rows]) => [
      `## ${heading}`,
      '',
      '| code | HTTP | gRPC | what it says | what to do |',
      '| --- | --- | --- | --- | --- |',
      ...Object.entries(rows).map(line),
      '',
    ]),
  ].join('\n');
