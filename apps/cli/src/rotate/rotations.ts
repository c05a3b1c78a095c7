import type { Rotation } from '@cartulary/contracts';
import { type Command, Option } from 'commander';
import { calling, group, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import type { Output } from '../output/output.js';
import { both, relative } from '../output/time.js';

export const rotationsCommand = (context: CliContext): Command =>
  group('rotations', 'list and show rotations', [list(context), show(context)]);

/** `namespace shop`. */
export const selectorText = ({ identity, namespace, issuerId, serials = [] }: Rotation['selector']): string => {
  if (identity !== undefined) return identity;
  if (namespace !== undefined) return `namespace ${namespace}`;
  if (issuerId !== undefined) return `issuer ${issuerId}`;
  return serials.length === 1 ? `certificate ${serials[0]}` : `${serials.length} certificates`;
};

interface ListFlags {
  readonly status?: 'open' | 'completed';
  readonly limit: number;
  readonly cursor?: string;
}

const list = (context: CliContext): Command => {
  const command = leaf({
    name: 'list',
    summary: 'list rotations, newest first',
    examples: [
      ['cartulary rotations list', 'what was ordered, and how far it is'],
      ['cartulary rotations list --status open', 'what is under way'],
    ],
  });
  command
    .addOption(new Option('--status <status>', 'in this state').choices(['open', 'completed']))
    .option('--limit <n>', 'at most so many', integerFlag('--limit', 1, 1000), 50)
    .option('--cursor <cursor>', 'go on where the page before ended');
  return calling<ListFlags>(command, context, async ({ client, output, flags: { status, limit, cursor } }) => {
    const query = { limit, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) };
    const page = await client.listRotations({ query });
    output.result(page, () => {
      output.table(columns(output), page.rotations, 'There are no rotations.');
      if (page.nextCursor) output.note(`There are more: --cursor ${page.nextCursor}`);
    });
  });
};

const columns = ({ now, style }: Output) => [
  { title: 'ROTATION ID', value: ({ rotationId }: Rotation) => rotationId },
  {
    title: 'STATUS',
    value: ({ status }: Rotation) => status,
    paint: (text: string) => (text === 'completed' ? style.green(text) : style.yellow(text)),
  },
  { title: 'ORDERED', value: ({ orderedAt }: Rotation) => relative(orderedAt, now) },
  { title: 'MATCHED', value: ({ progress }: Rotation) => String(progress.matched), align: 'right' as const },
  { title: 'REMAINING', value: ({ progress }: Rotation) => String(progress.remaining), align: 'right' as const },
  { title: 'WHAT', value: ({ selector }: Rotation) => selectorText(selector) },
];

const show = (context: CliContext): Command => {
  const command = leaf({
    name: 'show',
    arguments: '<rotationId>',
    summary: 'show a rotation',
    examples: [['cartulary rotations show r7c1t0p4w9xz', 'what it means, and how far it is']],
  });
  return calling(command, context, async ({ client, output }, rotationId = '') => {
    const rotation = await client.getRotation({ params: { rotationId } });
    output.result(rotation, () => details(output, rotation));
  });
};

const details = (output: Output, rotation: Rotation): void => {
  const { now, style } = output;
  const { progress, window, completedAt } = rotation;
  output.details([
    ['rotation', rotation.rotationId, style.bold],
    ['status', rotation.status],
    ['of', selectorText(rotation.selector)],
    ['reason', rotation.reason],
    ['ordered', both(rotation.orderedAt, now)],
    ['by', rotation.requester],
    ['last turn', both(window.end, now)],
    ['completed', completedAt && both(completedAt, now)],
    ['matched', String(progress.matched)],
    ['due', String(progress.due)],
    ['replaced', String(progress.replaced)],
    ['ended', String(progress.ended)],
    ['remaining', String(progress.remaining)],
    ['position', String(rotation.position)],
  ]);
};
