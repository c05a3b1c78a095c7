import type { Publication } from '@cartulary/contracts';
import type { Command } from 'commander';
import { type Call, calling, group, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import type { Column } from '../output/table.js';
import { absolute, relative } from '../output/time.js';

interface Flags {
  readonly issuer?: string;
  readonly limit: number;
  readonly cursor?: string;
}

export const publicationCommand = (context: CliContext): Command =>
  group('publication', 'list what was published', [listCommand(context)]);

const listCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'list',
    summary: 'list CRLs that were published, newest first',
    examples: [['cartulary publication list --issuer 9f86d081884c7d65', 'one issuer’s CRLs: numbers, dates, hashes']],
  });
  command
    .option('--issuer <issuerId>', 'of this issuer')
    .option('--limit <n>', 'at most so many', integerFlag('--limit', 1, 1000), 20)
    .option('--cursor <cursor>', 'go on where the page before ended');
  return calling<Flags>(command, context, list);
};

const columns = (now: Date): Column<Publication>[] => [
  { title: 'NUMBER', value: ({ number }) => String(number), align: 'right' },
  { title: 'ISSUER ID', value: ({ issuerId }) => issuerId },
  { title: 'PUBLISHED', value: ({ publishedAt }) => absolute(publishedAt) },
  { title: 'NEXT UPDATE', value: ({ nextUpdate }) => relative(nextUpdate, now) },
  { title: 'REVOKED', value: ({ entries }) => String(entries), align: 'right' },
  { title: 'SHA-256', value: ({ sha256 }) => sha256.slice(0, 16) },
];

const list = async ({ client, output, flags }: Call<Flags>): Promise<void> => {
  const { issuer, limit, cursor } = flags;
  const page = await client.listPublications({
    query: { ...(issuer ? { issuerId: issuer } : {}), ...(cursor ? { cursor } : {}), limit },
  });
  output.result(page, () => {
    output.table(columns(output.now), page.publications, 'Nothing was published.');
    if (page.nextCursor) output.note(`There are more: --cursor ${page.nextCursor}`);
  });
};
