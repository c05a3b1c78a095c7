import type { Certificate } from '@cartulary/contracts';
import { type Command, Option } from 'commander';
import { type Call, calling, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { paintStatus, type Style } from '../output/style.js';
import type { Column } from '../output/table.js';
import { relative } from '../output/time.js';
import { type AsOfFlag, asOfQuery, withAsOf } from './as-of.js';

interface ListFlags extends AsOfFlag {
  readonly identity?: string;
  readonly namespace?: string;
  readonly profile?: Certificate['profile'];
  readonly status?: Certificate['status'];
  readonly issuer?: string;
  readonly keyHash?: string;
  readonly node?: string;
  readonly expiresBefore?: string;
  readonly expiresAfter?: string;
  readonly limit: number;
  readonly cursor?: string;
}

export const listCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'list',
    summary: 'list certificates, newest first',
    examples: [
      ['cartulary list --namespace shop --status active', 'what the shop uses now'],
      ['cartulary list --expires-before 2026-12-01T00:00:00Z', 'what has to be renewed by then'],
      ['cartulary list --node node-7 --as-of 2026-11-22T12:00:00Z', 'what a machine had at noon'],
      ['cartulary list --json --limit 1000 | jq -r ".certificates[].serial"', 'for programs'],
    ],
  });
  command
    .option('--identity <id>', 'of this SPIFFE ID')
    .option('--namespace <name>', 'of this namespace')
    .addOption(
      new Option('--profile <profile>', 'of this kind').choices([
        'workload',
        'server',
        'operator',
        'service',
        'ocsp-signing',
      ]),
    )
    .addOption(new Option('--status <status>', 'in this state').choices(['active', 'held', 'revoked', 'expired']))
    .option('--issuer <issuerId>', 'from this issuer')
    .option('--key-hash <hash>', 'of this key')
    .option('--node <name>', 'of keys on this machine')
    .option('--expires-before <time>', 'RFC 3339')
    .option('--expires-after <time>', 'RFC 3339')
    .option('--limit <n>', 'at most so many', integerFlag('--limit', 1, 1000), 50)
    .option('--cursor <cursor>', 'go on where the page before ended');
  return calling<ListFlags>(withAsOf(command), context, list);
};

export const certificateColumns = (now: Date, style: Style): Column<Certificate>[] => [
  { title: 'SERIAL', value: ({ serial }) => serial },
  { title: 'STATUS', value: ({ status }) => status, paint: (text) => paintStatus(text, style) },
  { title: 'PROFILE', value: ({ profile }) => profile },
  { title: 'EXPIRES', value: ({ notAfter }) => relative(notAfter, now) },
  { title: 'FOR', value: subjectOf },
];

export const subjectOf = ({ identity, dnsNames = [], ipAddresses = [], subject }: Certificate): string =>
  identity ?? ([...dnsNames, ...ipAddresses].join(', ') || (subject ?? ''));

const list = async ({ client, output, flags }: Call<ListFlags>): Promise<void> => {
  const { identity, namespace, profile, status, issuer, keyHash, node, expiresBefore, expiresAfter, limit, cursor } =
    flags;
  const page = await client.listCertificates({
    query: {
      ...(identity ? { identity } : {}),
      ...(namespace ? { namespace } : {}),
      ...(profile ? { profile } : {}),
      ...(status ? { status } : {}),
      ...(issuer ? { issuerId: issuer } : {}),
      ...(keyHash ? { keyHash } : {}),
      ...(node ? { node } : {}),
      ...asOfQuery(flags).query,
      ...(expiresBefore ? { expiresBefore } : {}),
      ...(expiresAfter ? { expiresAfter } : {}),
      ...(cursor ? { cursor } : {}),
      limit,
    },
  });
  output.result(page, () => {
    output.table(certificateColumns(output.now, output.style), page.certificates, 'No certificate matches.');
    if (page.nextCursor) output.note(`There are more: --cursor ${page.nextCursor}`);
  });
};
