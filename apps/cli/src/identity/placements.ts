import type { Placement } from '@cartulary/contracts';
import type { Command } from 'commander';
import { calling, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { relative } from '../output/time.js';

const cart = 'spiffe://cluster.local/ns/shop/sa/cart';
const MAX_ID = 0xffff_ffff;
type Selector = Placement['selectors'][number];

interface PlaceFlags {
  readonly node: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly path?: string;
}

/** Identities on nodes: what agents may ask for. */
export const placementCommands = (context: CliContext): Command[] => [
  place(context),
  displace(context),
  placements(context),
];

const place = (context: CliContext): Command => {
  const command = leaf({
    name: 'place',
    arguments: '<identity>',
    summary: 'let a node’s agent ask for an identity',
    description:
      'A process on the node has the identity when it fits everything that is given. Replaces what was said of this node; several selectors go over the API.',
    examples: [
      [`cartulary identity place ${cart} --node node-7 --uid 1000`, 'for that user’s processes'],
      [`cartulary identity place ${cart} --node node-7 --path /usr/bin/cart`, 'for one program’s'],
    ],
  });
  command
    .requiredOption('--node <name>', 'the machine')
    .option('--uid <n>', 'user id', integerFlag('--uid', 0, MAX_ID))
    .option('--gid <n>', 'group id', integerFlag('--gid', 0, MAX_ID))
    .option('--path <path>', 'absolute path of the executable');
  return calling<PlaceFlags>(command, context, async ({ client, output, flags }, id = '') => {
    const { node, uid, gid, path } = flags;
    const selector: Selector = {
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
      ...(path === undefined ? {} : { path }),
    };
    const selectors = Object.keys(selector).length > 0 ? [selector] : [];
    const placed = await client.placeIdentity({ params: { id }, body: { node, selectors } });
    output.result(placed, () => output.done(`Placed ${id} on ${node}`));
    if (selectors.length === 0) output.note('Without a selector no process has it by itself.');
  });
};

const displace = (context: CliContext): Command => {
  const command = leaf({
    name: 'displace',
    arguments: '<identity>',
    summary: 'take an identity off a node',
    examples: [[`cartulary identity displace ${cart} --node node-7`, 'its agent gets nothing more for it']],
  });
  command.requiredOption('--node <name>', 'the machine');
  return calling<Pick<PlaceFlags, 'node'>>(command, context, async ({ client, output, flags }, id = '') => {
    const gone = await client.displaceIdentity({ params: { id, node: flags.node } });
    output.result(gone, () => output.done(`Took ${id} off ${flags.node}`));
    output.note(`What the node has stays good until it ends or is revoked: \`cartulary list --identity ${id}\``);
  });
};

const placements = (context: CliContext): Command => {
  const examples = [[`cartulary identity placements ${cart}`, 'the nodes that it is placed on']] as const;
  const command = leaf({ name: 'placements', arguments: '<identity>', summary: 'list an identity’s nodes', examples });
  return calling(command, context, async ({ client, output }, id = '') => {
    const page = await client.listPlacements({ params: { id } });
    output.result(page, () =>
      output.table(
        [
          { title: 'NODE', value: ({ node }) => node },
          { title: 'SELECTORS', value: ({ selectors }) => selectors.map(selectorText).join(' or ') },
          { title: 'PLACED', value: ({ placedAt }) => relative(placedAt, output.now) },
        ],
        page.placements,
        'It is placed nowhere.',
      ),
    );
  });
};

const selectorText = ({ uid, gid, path }: Selector): string =>
  [
    ...(uid === undefined ? [] : [`uid ${uid}`]),
    ...(gid === undefined ? [] : [`gid ${gid}`]),
    ...(path === undefined ? [] : [path]),
  ].join(', ');
