import type { Command } from 'commander';
import { type Call, calling, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { eventColumns } from '../inspect/history.js';

interface EventsFlags {
  readonly after: number;
  readonly stream?: string;
  readonly type?: string;
  readonly limit: number;
}

export const eventsCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'events',
    summary: 'print one page of the ledger',
    description: 'A page may be short of its limit before the end: go on with --after as it says.',
    examples: [
      ['cartulary ledger events --after 4711 --limit 20', 'twenty events behind a position'],
      ['cartulary ledger events --type CertificateRevoked --json', 'as the API has them'],
    ],
  });
  command
    .option('--after <position>', 'behind this position', integerFlag('--after', 0, Number.MAX_SAFE_INTEGER), 0)
    .option('--stream <name>', 'only this stream, such as certificate-01c3…')
    .option('--type <type>', 'only this type of event')
    .option('--limit <n>', 'at most so many', integerFlag('--limit', 1, 1000), 100);
  return calling<EventsFlags>(command, context, events);
};

const events = async ({ client, output, flags }: Call<EventsFlags>): Promise<void> => {
  const { after, stream, type, limit } = flags;
  const page = await client.listEvents({
    query: { after, ...(stream ? { stream } : {}), ...(type ? { type } : {}), limit },
  });
  output.result(page, () => {
    output.table(eventColumns(output.style), page.events, 'No event matches here.');
    if (page.next < page.position) output.note(`The ledger goes on to ${page.position}: --after ${page.next}`);
  });
};
