import type { MutualTls } from '@cartulary/contracts';
import { Argument, type Command } from 'commander';
import { calling, group, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { relative } from '../output/time.js';

interface ScopeFlags {
  readonly namespace?: string;
  readonly identity?: string;
  readonly port?: number;
}
interface ListFlags {
  readonly limit: number;
  readonly cursor?: string;
}

const backend = 'spiffe://cluster.local/ns/photo/sa/backend';

/** Mutual TLS of the mesh, a namespace, an identity, its port. */
export const mtlsCommand = (context: CliContext): Command =>
  group('mtls', 'set where mutual TLS is strict, permissive or disabled', [
    set(context),
    list(context),
    clear(context),
  ]);

const scoped = (command: Command): Command =>
  command
    .option('-n, --namespace <name>', 'of this namespace')
    .option('--identity <identity>', 'of this identity')
    .option('--port <n>', 'of this port of the identity', integerFlag('--port', 1, 65_535));

const set = (context: CliContext): Command => {
  const command = leaf({
    name: 'set',
    summary: 'set mutual TLS of the mesh, a namespace, an identity or its port',
    description: 'Without an option, of the whole mesh. The narrowest wins; where nothing is set, it is strict.',
    examples: [
      ['cartulary mtls set permissive -n photo', 'plain text is accepted there, too'],
      [`cartulary mtls set disabled --identity ${backend} --port 9090`, 'one port of one workload'],
    ],
  });
  command.addArgument(new Argument('<mode>', 'what is accepted').choices(['strict', 'permissive', 'disabled']));
  return calling<ScopeFlags>(scoped(command), context, async ({ client, output, flags }, mode = '') => {
    const answer = await client.setMutualTls({ body: { ...scopeOf(flags), mode: mode as MutualTls['mode'] } });
    output.result(answer, () => output.done(`Mutual TLS of ${scopeText(answer)} is ${answer.mode}`));
  });
};

const list = (context: CliContext): Command => {
  const command = leaf({
    name: 'list',
    summary: 'list what is set',
    examples: [['cartulary mtls list', 'the mesh’s first']],
  });
  command
    .option('--limit <n>', 'at most so many', integerFlag('--limit', 1, 1000), 100)
    .option('--cursor <cursor>', 'go on where the page before ended');
  return calling<ListFlags>(command, context, async ({ client, output, flags: { limit, cursor } }) => {
    const page = await client.listMutualTls({ query: { limit, ...(cursor ? { cursor } : {}) } });
    output.result(page, () => {
      output.table(
        [
          { title: 'OF', value: scopeText },
          { title: 'MODE', value: ({ mode }) => mode },
          { title: 'SET', value: ({ setAt }) => relative(setAt, output.now) },
        ],
        page.mutualTls,
        'Nothing is set: it is strict everywhere.',
      );
      if (page.nextCursor) output.note(`There are more: --cursor ${page.nextCursor}`);
    });
  });
};

const clear = (context: CliContext): Command => {
  const command = leaf({
    name: 'clear',
    summary: 'take back what was set: the next wider scope’s mode holds again',
    examples: [['cartulary mtls clear -n photo', 'as the mesh has it']],
  });
  return calling<ScopeFlags>(scoped(command), context, async ({ client, output, flags }) => {
    const answer = await client.clearMutualTls({ query: scopeOf(flags) });
    output.result(answer, () => output.done(`Nothing is set for ${scopeText(answer)}`));
  });
};

const scopeOf = ({ namespace, identity, port }: ScopeFlags): ScopeFlags => ({
  ...(namespace === undefined ? {} : { namespace }),
  ...(identity === undefined ? {} : { identity }),
  ...(port === undefined ? {} : { port }),
});

const scopeText = ({ namespace, identity, port }: ScopeFlags): string => {
  if (identity !== undefined) return port === undefined ? identity : `port ${port} of ${identity}`;
  return namespace === undefined ? 'the mesh' : `the namespace ${namespace}`;
};
