import type { Identity } from '@cartulary/contracts';
import { type Command, Option } from 'commander';
import { calling, collect, group, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { type AsOfFlag, asOfQuery, withAsOf } from '../inspect/as-of.js';
import type { Output } from '../output/output.js';
import { paintStatus } from '../output/style.js';
import { both, relative } from '../output/time.js';
import { placementCommands } from './placements.js';

const cart = 'spiffe://cluster.local/ns/shop/sa/cart';
type Role = NonNullable<Identity['grant']>['role'];

interface RegisterFlags {
  readonly role?: Role;
  readonly namespace?: string[];
}
interface ListFlags extends AsOfFlag {
  readonly namespace?: string;
  readonly status?: Identity['status'];
  readonly limit: number;
  readonly cursor?: string;
}

export const roleOption = (): Option =>
  new Option('--role <role>', 'what it may do here').choices([
    'admin',
    'operator',
    'issuer',
    'auditor',
    'service',
    'agent',
    'controller',
  ]);

export const identityCommand = (context: CliContext): Command =>
  group('identity', 'register, list, place and suspend identities', [
    register(context),
    list(context),
    show(context),
    one(context, {
      name: 'suspend',
      summary: 'issue nothing more for an identity',
      ask: (client, id) => client.suspendIdentity({ params: { id } }),
      said: (id) => [
        `Suspended ${id}`,
        `Its certificates stay good until they end or are revoked: \`cartulary list --identity ${id}\``,
      ],
    }),
    one(context, {
      name: 'reinstate',
      summary: 'issue for a suspended identity again',
      ask: (client, id) => client.reinstateIdentity({ params: { id } }),
      said: (id) => [`Reinstated ${id}`],
    }),
    ...placementCommands(context),
  ]);

const register = (context: CliContext): Command => {
  const command = leaf({
    name: 'register',
    arguments: '<identity>',
    summary: 'register an identity',
    examples: [
      [`cartulary identity register ${cart}`, 'a workload'],
      [
        'cartulary identity register spiffe://cluster.local/cartulary/operator/ann --role operator',
        'a person who operates this',
      ],
    ],
  });
  command.addOption(roleOption()).option('--namespace <name>', 'only there; may be repeated', collect);
  return calling<RegisterFlags>(command, context, async ({ client, output, flags }, id = '') => {
    const namespaces = flags.namespace ? { namespaces: flags.namespace } : {};
    const grant = flags.role ? { grant: { role: flags.role, ...namespaces } } : {};
    const identity = await client.registerIdentity({ body: { id, ...grant } });
    output.result(identity, () => output.done(`Registered ${identity.id}`));
  });
};

const list = (context: CliContext): Command => {
  const command = leaf({
    name: 'list',
    summary: 'list identities',
    examples: [['cartulary identity list --namespace shop', 'those of one namespace']],
  });
  command
    .option('--namespace <name>', 'of this namespace')
    .addOption(new Option('--status <status>', 'in this state').choices(['active', 'suspended']))
    .option('--limit <n>', 'at most so many', integerFlag('--limit', 1, 1000), 100)
    .option('--cursor <cursor>', 'go on where the page before ended');
  return calling<ListFlags>(withAsOf(command), context, async ({ client, output, flags }) => {
    const { namespace, status, limit, cursor } = flags;
    const page = await client.listIdentities({
      query: {
        ...(namespace ? { namespace } : {}),
        ...(status ? { status } : {}),
        ...asOfQuery(flags).query,
        ...(cursor ? { cursor } : {}),
        limit,
      },
    });
    output.result(page, () => {
      const { style, now } = output;
      output.table(
        [
          { title: 'IDENTITY', value: ({ id }) => id },
          { title: 'STATUS', value: (identity) => identity.status, paint: (text) => paintStatus(text, style) },
          { title: 'ROLE', value: ({ grant }) => grant && grantText(grant) },
          { title: 'REGISTERED', value: ({ registeredAt }) => relative(registeredAt, now) },
        ],
        page.identities,
        'No identity matches.',
      );
      if (page.nextCursor) output.note(`There are more: --cursor ${page.nextCursor}`);
    });
  });
};

const grantText = ({ role, namespaces }: NonNullable<Identity['grant']>): string =>
  namespaces ? `${role} in ${namespaces.join(', ')}` : role;

const show = (context: CliContext): Command => {
  const examples = [[`cartulary identity show ${cart}`, 'its state and what it may do here']] as const;
  const command = leaf({ name: 'show', arguments: '<identity>', summary: 'show an identity', examples });
  return calling<AsOfFlag>(withAsOf(command), context, async ({ client, output, flags }, id = '') => {
    const identity = await client.getIdentity({ params: { id }, ...asOfQuery(flags) });
    output.result(identity, () => details(output, identity));
  });
};

type Client = Parameters<Parameters<typeof calling>[2]>[0]['client'];

interface Change {
  readonly name: string;
  readonly summary: string;
  readonly ask: (client: Client, id: string) => Promise<Identity>;
  /** What was done, and what that does not do. */
  readonly said: (id: string) => readonly [done: string, note?: string];
}

const one = (context: CliContext, { name, summary, ask, said }: Change): Command => {
  const examples = [[`cartulary identity ${name} ${cart}`, summary]] as const;
  const command = leaf({ name, arguments: '<identity>', summary, examples });
  return calling(command, context, async ({ client, output }, id = '') => {
    const identity = await ask(client, id);
    output.result(identity, () => {
      const [done, note] = said(identity.id);
      output.done(done);
      if (note !== undefined) output.note(note);
    });
  });
};

const details = (output: Output, identity: Identity): void => {
  const { style, now } = output;
  output.details([
    ['identity', identity.id, style.bold],
    ['status', identity.status, (text) => paintStatus(text, style)],
    ['kind', identity.kind],
    ['role', identity.grant && grantText(identity.grant)],
    ['registered', both(identity.registeredAt, now)],
    ['suspended', identity.suspendedAt && both(identity.suspendedAt, now)],
  ]);
};
