import type { Command } from 'commander';
import { calling, group, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { printable } from '../output/style.js';
import { both, relative } from '../output/time.js';

interface ListFlags {
  readonly group?: string;
}

export const deadLettersCommand = (context: CliContext): Command =>
  group('dead-letters', 'events that a consumer could not handle', [list(context), show(context), replay(context)]);

const list = (context: CliContext): Command => {
  const command = leaf({
    name: 'list',
    summary: 'list events that were set aside',
    description: 'Every service with a ledger lists those of all; SERVICE is the one that can replay it.',
    examples: [
      ['cartulary dead-letters list', 'what is left undone, and why'],
      ['cartulary dead-letters list --group inventory-1', 'by one group of consumers'],
    ],
  });
  command.option('--group <name>', 'only those of this group of consumers');
  return calling<ListFlags>(command, context, async ({ client, output, flags }) => {
    const page = await client.listDeadLetters({ query: flags.group === undefined ? {} : { group: flags.group } });
    output.result(page, () =>
      output.table(
        [
          { title: 'ID', value: ({ id }) => id },
          { title: 'SERVICE', value: ({ service }) => service },
          { title: 'TYPE', value: ({ type }) => type },
          { title: 'ATTEMPTS', value: ({ attempts }) => String(attempts) },
          { title: 'SET ASIDE', value: ({ setAsideAt }) => relative(setAsideAt, output.now) },
          { title: 'REASON', value: ({ reason }) => printable(reason) },
        ],
        page.deadLetters,
        'There are no dead letters.',
      ),
    );
  });
};

const show = (context: CliContext): Command => {
  const command = leaf({
    name: 'show',
    arguments: '<id>',
    summary: 'show one, with its event',
    examples: [['cartulary dead-letters show inventory/4711', 'what was it, and why']],
  });
  return calling(command, context, async ({ client, output }, id = '') => {
    const letter = await client.getDeadLetter({ params: { id } });
    const { event } = letter;
    output.result(letter, () => {
      output.details([
        ['id', letter.id],
        ['type', letter.type],
        ['stream', letter.stream],
        ['reason', printable(letter.reason)],
        ['attempts', String(letter.attempts)],
        ['set aside', both(letter.setAsideAt, output.now)],
        ['replay at', letter.service],
        ...(event
          ? ([
              ['actor', event.actor.id],
              ['correlation', printable(event.correlationId)],
            ] as const)
          : []),
      ]);
      if (!event) return;
      output.line();
      for (const line of JSON.stringify(event.data, undefined, 2).split('\n')) output.line(printable(line));
    });
  });
};

const replay = (context: CliContext): Command => {
  const command = leaf({
    name: 'replay',
    arguments: '<id>',
    summary: 'handle one again, and forget it when that succeeds',
    description: 'Once the cause is gone. Services apart: --url names the service that consumes it.',
    examples: [['cartulary dead-letters replay inventory/4711', 'and nothing is left undone']],
  });
  return calling(command, context, async ({ client, output }, id = '') => {
    const letter = await client.replayDeadLetter({ params: { id } });
    output.result(letter, () => output.done(`Replayed ${letter.id} (${letter.type})`));
  });
};
