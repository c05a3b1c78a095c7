import type { Service } from '@cartulary/contracts';
import type { Command } from 'commander';
import { calling, collect, group, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import type { Output } from '../output/output.js';
import { both } from '../output/time.js';

const backend = 'spiffe://cluster.local/ns/photo/sa/backend';
const frontend = 'spiffe://cluster.local/ns/photo/sa/frontend';

interface DefineFlags {
  readonly namespace: string;
  readonly runs: string[];
  readonly caller?: string[];
  readonly port?: number;
  readonly shadow?: true;
}
interface ListFlags {
  readonly namespace?: string;
  readonly limit: number;
  readonly cursor?: string;
}
type Namespaced = Pick<DefineFlags, 'namespace'>;

/** Who runs a service and who may call it. */
export const serviceCommand = (context: CliContext): Command =>
  group('service', 'say who runs a service and who may call it', [
    define(context),
    list(context),
    show(context),
    retire(context),
  ]);

const define = (context: CliContext): Command => {
  const command = leaf({
    name: 'define',
    arguments: '<name>',
    summary: 'say who a service is and who may call it',
    description: 'Replaces what was said of it before. The agents concerned hear of it at once.',
    examples: [
      [`cartulary service define backend -n photo --runs ${backend} --caller ${frontend}`, 'nobody else may call it'],
      [
        `cartulary service define backend -n photo --runs ${backend} --shadow`,
        'nobody may, and those who do are reported only',
      ],
    ],
  });
  command
    .requiredOption('-n, --namespace <name>', 'where it runs')
    .requiredOption('--runs <identity>', 'an identity that runs it; may be repeated', collect)
    .option('--caller <identity>', 'an identity that may call it; may be repeated', collect)
    .option('--port <n>', 'the port that it listens on', integerFlag('--port', 1, 65_535))
    .option('--shadow', 'report callers that are not named, and let them in');
  return calling<DefineFlags>(command, context, async ({ client, output, flags }, name = '') => {
    const { namespace, runs, caller: callers = [], port, shadow } = flags;
    const body = { namespace, name, runs, callers, enforced: !shadow, ...(port === undefined ? {} : { port }) };
    const service = await client.defineService({ body });
    output.result(service, () => output.done(`Defined ${name} in ${namespace}, mutual TLS ${service.mutualTls}`));
    if (shadow) output.note('Callers that are not named are let in, and reported.');
    else if (callers.length === 0) output.note('Nobody may call it.');
  });
};

const list = (context: CliContext): Command => {
  const command = leaf({
    name: 'list',
    summary: 'list services',
    examples: [['cartulary service list --namespace photo', 'those of one namespace']],
  });
  command
    .option('-n, --namespace <name>', 'of this namespace')
    .option('--limit <n>', 'at most so many', integerFlag('--limit', 1, 1000), 100)
    .option('--cursor <cursor>', 'go on where the page before ended');
  return calling<ListFlags>(command, context, async ({ client, output, flags }) => {
    const { namespace, limit, cursor } = flags;
    const query = { ...(namespace ? { namespace } : {}), ...(cursor ? { cursor } : {}), limit };
    const page = await client.listServices({ query });
    output.result(page, () => {
      output.table(
        [
          { title: 'SERVICE', value: ({ namespace: where, name }) => `${name}.${where}` },
          { title: 'PORT', value: ({ port }) => (port === undefined ? undefined : String(port)) },
          { title: 'MUTUAL TLS', value: ({ mutualTls }) => mutualTls },
          { title: 'RULE', value: ({ enforced }) => (enforced ? 'enforced' : 'shadow') },
          { title: 'RUNS', value: ({ runs }) => String(runs.length) },
          { title: 'CALLERS', value: ({ callers }) => String(callers.length) },
        ],
        page.services,
        'No service matches.',
      );
      if (page.nextCursor) output.note(`There are more: --cursor ${page.nextCursor}`);
    });
  });
};

const show = (context: CliContext): Command => {
  const examples = [['cartulary service show backend -n photo', 'who runs it, who may call it']] as const;
  const command = leaf({ name: 'show', arguments: '<name>', summary: 'show a service', examples });
  command.requiredOption('-n, --namespace <name>', 'where it runs');
  return calling<Namespaced>(command, context, async ({ client, output, flags: { namespace } }, name = '') => {
    const service = await client.getService({ params: { namespace, name } });
    output.result(service, () => details(output, service));
  });
};

const retire = (context: CliContext): Command => {
  const examples = [['cartulary service retire backend -n photo', 'nothing is said of it any more']] as const;
  const command = leaf({ name: 'retire', arguments: '<name>', summary: 'retire a service', examples });
  command.requiredOption('-n, --namespace <name>', 'where it runs');
  return calling<Namespaced>(command, context, async ({ client, output, flags: { namespace } }, name = '') => {
    const retired = await client.retireService({ params: { namespace, name } });
    output.result(retired, () => output.done(`Retired ${name} in ${namespace}`));
  });
};

const details = (output: Output, service: Service): void => {
  const { style, now } = output;
  output.details([
    ['service', `${service.name}.${service.namespace}`, style.bold],
    ['port', service.port === undefined ? undefined : String(service.port)],
    ['mutual TLS', service.mutualTls],
    ['rule', service.enforced ? 'enforced' : 'shadow: others are reported, and let in'],
    ['runs', service.runs.join('\n')],
    ['callers', service.callers.length > 0 ? service.callers.join('\n') : 'nobody'],
    ['defined', both(service.definedAt, now)],
  ]);
};
