import type { Token } from '@cartulary/contracts';
import { type Command } from 'commander';
import { calling, collect, group, leaf, ttlFlag } from '../command.js';
import type { CliContext } from '../context.js';
import { roleOption } from '../identity/identity.js';
import { paintStatus } from '../output/style.js';
import { both, relative } from '../output/time.js';

interface CreateFlags {
  readonly role: Token['role'];
  readonly namespace?: string[];
  readonly ttl: string | number;
}

export const tokenCommand = (context: CliContext): Command =>
  group('token', 'create, list and revoke API tokens', [
    create(context),
    join(context),
    list(context),
    revoke(context),
  ]);

const create = (context: CliContext): Command => {
  const command = leaf({
    name: 'create',
    arguments: '<name>',
    summary: 'create an API token',
    description: 'The token is printed once, alone on standard output, and kept nowhere.',
    examples: [
      ['cartulary token create inventory --role auditor --ttl 90d', 'for a program that reads'],
      ['CARTULARY_TOKEN=$(cartulary token create ci --role issuer --namespace shop --ttl 1h)', 'for a job'],
    ],
  });
  command
    .addOption(roleOption().makeOptionMandatory())
    .option('--namespace <name>', 'only there; may be repeated', collect)
    .option('--ttl <time>', 'lifetime, such as 1h, 90d', ttlFlag, '24h');
  return calling<CreateFlags>(command, context, async ({ client, output, flags }, name = '') => {
    const { role, namespace, ttl } = flags;
    const namespaces = namespace ? { namespaces: namespace } : {};
    const created = await client.createToken({ body: { name, role, ttl, ...namespaces } });
    output.result(created, () => output.line(created.token));
    output.note(
      `${created.tokenId} (${name}, ${role}) until ${both(created.expiresAt, output.now)}. It is not shown again.`,
    );
  });
};

const join = (context: CliContext): Command => {
  const command = leaf({
    name: 'join',
    arguments: '<node>',
    summary: 'create a join token for a node’s agent',
    description:
      'Good for one certificate, of this node’s agent. Printed once, alone on standard output, and kept nowhere.',
    examples: [['cartulary token join node-7 --ttl 10m > /run/cartulary/join-token', 'to set a machine up']],
  });
  command.option('--ttl <time>', 'lifetime, such as 10m, 1h; 24h at most', ttlFlag, '15m');
  return calling<Pick<CreateFlags, 'ttl'>>(command, context, async ({ client, output, flags }, node = '') => {
    const created = await client.createJoinToken({ body: { node, ttl: flags.ttl } });
    output.result(created, () => output.line(created.token));
    output.note(`${created.tokenId} for ${node}, once, until ${both(created.expiresAt, output.now)}.`);
  });
};

const list = (context: CliContext): Command => {
  const examples = [['cartulary token list', 'who has one, and until when']] as const;
  const command = leaf({ name: 'list', summary: 'list API tokens (not the tokens themselves)', examples });
  return calling(command, context, async ({ client, output }) => {
    const page = await client.listTokens();
    const { style, now } = output;
    output.result(page, () =>
      output.table(
        [
          { title: 'TOKEN ID', value: ({ tokenId }) => tokenId },
          { title: 'NAME', value: ({ name }) => name },
          { title: 'STATUS', value: ({ status }) => status, paint: (text) => paintStatus(text, style) },
          { title: 'ROLE', value: ({ role }) => role },
          { title: 'NODE', value: ({ node }) => node },
          { title: 'NAMESPACES', value: ({ namespaces }) => namespaces?.join(', ') },
          { title: 'EXPIRES', value: ({ expiresAt }) => relative(expiresAt, now) },
        ],
        page.tokens,
        'There are no tokens.',
      ),
    );
  });
};

const revoke = (context: CliContext): Command => {
  const examples = [['cartulary token revoke k3v9x0q2m7ab', 'refused from the next request on']] as const;
  const command = leaf({ name: 'revoke', arguments: '<tokenId>', summary: 'revoke an API token', examples });
  return calling(command, context, async ({ client, output }, tokenId = '') => {
    const token = await client.revokeToken({ params: { tokenId } });
    output.result(token, () => output.done(`Revoked the token ${token.tokenId} (${token.name})`));
  });
};
