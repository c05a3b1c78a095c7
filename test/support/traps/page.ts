import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Situation, topics } from './situations.js';

/** What one client met: `accepts`, or Envoy's reason. */
export interface Seen {
  readonly client: string;
  readonly verdict: string;
}
/** Growth over a small CRL, in MB. */
export interface Growth {
  readonly crlMb: number;
  readonly contexts: number;
  readonly allocatedMb: number;
  readonly physicalMb: number;
}

const file = join(import.meta.dirname, '../../../docs/envoy-crls.md');
const MEMORY = '## Memory';

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');

const told = ({ client, verdict }: Seen): string =>
  `${client}: ${verdict === 'accepts' ? verdict : `**refused** at ${verdict}`}`;

export const renderTraps = (seen: ReadonlyMap<Situation, readonly Seen[]>): string => `# What Envoy makes of CRLs

Observed at Envoy 1.40.0 by \`test/judges/envoy-traps.e2e.spec.ts\` (\`npm run test:interop\`), which fails when this page says anything else.
Each row is a listener of one Envoy that asks its clients for certificates; its anchors and CRLs come by SDS, from a file that is
replaced while it runs. Chains are leaf (depth 0), issuer (1), intermediate (2), root. The witness is Envoy: each refusal is one more \`ssl.fail_verify_error\` of that listener
and no \`ssl.handshake\`, each acceptance the reverse; \`ssl.connection_error\` stays 0. The reason is \`%DOWNSTREAM_TRANSPORT_FAILURE_REASON%\` of
the listener's access log. Unless a row says _rejected_, Envoy acknowledged the update (\`sds.<name>.update_rejected\` stays 0).
Sessions are not resumed. A handshake with an Envoy that is the client is not in these tables; that revoked servers are refused is in \`test/judges/live-connections.e2e.spec.ts\`.

${topics
  .map((topic) => {
    const rows = [...seen].filter(([situation]) => situation.topic === topic);
    const cells = rows.map(([{ given, agent }, visits]) => [given, visits.map(told).join('; '), agent]);
    return `## ${topic}\n\n${table(['given', 'Envoy 1.40.0', 'the agent'], cells)}`;
  })
  .join('\n\n')}
`;

const mb = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));

export const renderMemory = (growths: readonly Growth[]): string => {
  const contexts = [...new Set(growths.map((growth) => growth.contexts))];
  const sizes = [...new Set(growths.map(({ crlMb }) => crlMb))];
  const rows = sizes.map((size) => [
    `${size.toFixed(1)} MB`,
    ...growths
      .filter(({ crlMb }) => crlMb === size)
      .map(({ allocatedMb, physicalMb }) => `${mb(allocatedMb)} / ${mb(physicalMb)}`),
  ]);
  return `${MEMORY}

MB more than with small CRLs, _allocated / physical_ by Envoy's \`/memory\`, a second after the CRL has replaced a smaller one. A listener's filter chain is a context; here all
of them have one SDS secret, which an agent serves. Measured by \`test/judges/envoy-crls.e2e.spec.ts\`, which fails when what is allocated is not within a quarter,
or 1 MB, of this table. The physical figure is as of the moment, on a busy machine: what was freed and not given back is in it.

${table(['CRL', ...contexts.map((count) => `${count} context${count === 1 ? '' : 's'}`)], rows)}

So a CRL costs about 15 times its size once, and 1.35 times (the length of its PEM) for each context (§11.2); that a context is used adds nothing, nor that each has
SAN matchers of its own. With a secret of its own it is about 4 times for each context (the traps' test): all contexts of a proxy should name the same one. The CRLs
of all live epochs count together. A proxy's limit has to hold the physical figure: an old CRL and a new one are there at the same time.
`;
};

const read = async (): Promise<[traps: string, memory: string]> => {
  const page = await readFile(file, 'utf8').catch(() => '');
  const at = page.indexOf(MEMORY);
  return at < 0 ? [page, ''] : [page.slice(0, at), page.slice(at)];
};

/** The page's two parts, as they are kept. With CARTULARY_UPDATE_SNAPSHOT they become what was seen. */
export const keptTraps = async (rendered: string): Promise<string> => {
  const [, memory] = await read();
  if (process.env['CARTULARY_UPDATE_SNAPSHOT']) await writeFile(file, `${rendered}\n${memory}`);
  return (await read())[0].trimEnd();
};

/** Allocated MB by CRL and contexts: `1.0 MB` → [1.3, 13, 66]. */
export const keptMemory = async (rendered: string): Promise<ReadonlyMap<string, readonly number[]>> => {
  const [traps] = await read();
  if (process.env['CARTULARY_UPDATE_SNAPSHOT']) await writeFile(file, `${traps.trimEnd()}\n\n${rendered}`);
  const rows = (await read())[1].split('\n').filter((row) => /^\| [\d.]+ MB \|/.test(row));
  return new Map(
    rows.map((row) => {
      const [size, ...cells] = row
        .split('|')
        .map((cell) => cell.trim())
        .filter(Boolean);
      return [size!, cells.map((cell) => Number.parseFloat(cell))];
    }),
  );
};
