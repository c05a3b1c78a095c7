import type { LedgerEvent } from '@cartulary/contracts';
import { followEvents } from '@cartulary/client';
import type { Command } from 'commander';
import { type Call, calling, group, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { eventColumns, tellingPart } from '../inspect/history.js';
import { printable } from '../output/style.js';
import { pad } from '../output/table.js';
import { eventsCommand } from './events.js';

interface TailFlags {
  readonly follow?: boolean;
  readonly after?: number;
  readonly lines: number;
  readonly stream?: string;
  readonly type?: string;
}

export const ledgerCommand = (context: CliContext): Command =>
  group('ledger', 'read the ledger', [eventsCommand(context), tailCommand(context)]);

const tailCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'tail',
    summary: 'print the ledger’s last events, and those that come',
    description: 'With --json one event per line.',
    examples: [
      ['cartulary ledger tail --follow', 'watch everything that happens'],
      ['cartulary ledger tail --after 0 --type CertificateRevoked --json', 'every revocation there ever was'],
    ],
  });
  command
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('--after <position>', 'everything behind this position', integerFlag('--after', 0, Number.MAX_SAFE_INTEGER))
    .option('-n, --lines <n>', 'without --after: the last so many positions', integerFlag('--lines', 0, 1000), 20)
    .option('--stream <name>', 'only this stream, such as certificate-01c3…')
    .option('--type <type>', 'only this type of event');
  return calling<TailFlags>(command, context, tail);
};

const tail = async (call: Call<TailFlags>): Promise<void> => {
  const { client, flags, context } = call;
  const filter = { ...(flags.stream ? { stream: flags.stream } : {}), ...(flags.type ? { type: flags.type } : {}) };
  const print = printer(call);
  const newest = (await client.listEvents({ query: { limit: 1 } })).position;
  let after = flags.after ?? Math.max(0, newest - flags.lines);
  while (after < newest && !context.signal.aborted) {
    const page = await client.listEvents({ query: { ...filter, after, limit: 1000 } });
    page.events.forEach(print);
    if (page.next <= after) break;
    after = page.next;
  }
  if (!flags.follow) return;
  for await (const event of followEvents(client, { ...filter, after, signal: context.signal })) print(event);
};

// A stream has no last row to measure: widths are those of what is usual.
const widths = [8, 20, 22, 52];

const printer = ({ output, context }: Call<TailFlags>): ((event: LedgerEvent) => void) => {
  if (output.json) return (event) => context.out(`${JSON.stringify(event)}\n`);
  const columns = eventColumns(output.style).map((column) =>
    column.title === 'WHAT' ? { ...column, value: whose } : column,
  );
  return (event) => {
    const cells = columns.map(({ value, paint, align }, index) => {
      const text = printable(value(event) ?? '');
      return pad(paint ? paint(text, event) : text, widths[index] ?? 0, align);
    });
    output.line(cells.join('  ').trimEnd());
  };
};

/** Whose event it is, and what it says; without the trust domain, which is the same everywhere. */
const whose = (event: LedgerEvent): string => {
  const short = (text: string): string => text.replace(/spiffe:\/\/[^/]+\//, '');
  const key = short(event.stream.replace(/^(?:trust-domain|[a-z]+)-/, ''));
  const told = short(tellingPart(event));
  return told === '' || told === key ? key : `${key} ${told}`;
};
