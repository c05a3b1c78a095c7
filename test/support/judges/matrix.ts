import type { KnownJudge, Verdict } from './judge.js';
import { type Situation, situations } from './situations.js';

export interface Row {
  readonly judge: Pick<KnownJudge, 'name' | 'by'>;
  readonly verdicts: ReadonlyMap<Situation['name'], Verdict>;
}

/** Without what differs from run to run: dates, serials, names of issuers, files. */
const lasting = (said: string): string =>
  said
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, '…')
    .replaceAll(/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} +\d+ [\d:]+ \w+ \d{4}/g, '…')
    .replaceAll(/\b[0-9a-fA-F]{16,}\b|\b\d{20,}\b/g, '…')
    .replaceAll('|', '\\|');

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');

const words = (row: Row): string[] =>
  situations.map(({ name }) => {
    const verdict = row.verdicts.get(name);
    if (!verdict) throw new Error(`${row.judge.name} was not asked about: ${name}`);
    return verdict.accepted ? 'accepts' : 'refuses';
  });

/** The page: who accepts what, and in which words each refuses. */
export const renderMatrix = (rows: readonly Row[]): string => `# What relying parties make of our certificates

Observed by \`npm run test:interop\`, which compares this page with what it sees; every cell is a verdict of the program named. What
a situation is, is in \`test/support/judges/situations.ts\`. The judges know the root alone. Those with CRLs have one for each CA,
those with OCSP ask for each certificate of the path (\`ssl_ocsp leaf\` for the leaf alone).

${table(
  ['judge', 'by', ...situations.map(({ name }) => name)],
  rows.map((row) => [row.judge.name, row.judge.by, ...words(row)]),
)}

\`openssl ocsp\` reports a status: it is no check of the certificate, so an expired one is still _good_ to it.

## In their words

${rows
  .map(({ judge, verdicts }) => {
    const refusals = [...verdicts].filter(([, { accepted }]) => !accepted);
    return `### ${judge.name}, ${judge.by}\n\n${table(
      ['situation', 'refusal'],
      refusals.map(([name, { said }]) => [name, lasting(said)]),
    )}`;
  })
  .join('\n\n')}
`;
