import type { Projection, ProjectionGeneration } from '@cartulary/contracts';
import type { Command } from 'commander';
import { type Call, calling, fail, group, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import type { Output } from '../output/output.js';
import { paintStatus } from '../output/style.js';
import { relative } from '../output/time.js';
import { comparisonLines, watchRebuild } from './watch-rebuild.js';

export const projectionCommand = (context: CliContext): Command =>
  group('projection', 'list what lists are answered from, and build it anew', [
    listCommand(context),
    rebuildCommand(context),
  ]);

const listCommand = (context: CliContext): Command => {
  const examples = [['cartulary projection list', 'how far each knows, and how it was built']] as const;
  const command = leaf({ name: 'list', summary: 'list projections and their generations', examples });
  return calling(command, context, async ({ client, output }) => {
    const answer = await client.listProjections();
    output.result(answer, () => answer.projections.forEach((projection) => print(output, projection)));
  });
};

const print = (output: Output, { name, position, lag, generations }: Projection): void => {
  const { style, now } = output;
  output.line(`${style.bold(name)}  at position ${position}, ${lag} events behind`);
  output.table<ProjectionGeneration>(
    [
      { title: 'GENERATION', value: ({ generation }) => String(generation), align: 'right' },
      { title: 'STATUS', value: ({ status }) => status, paint: (text) => paintStatus(text, style) },
      { title: 'VERSION', value: ({ version }) => String(version), align: 'right' },
      { title: 'BEGUN', value: ({ startedAt }) => relative(startedAt, now) },
      { title: 'WHY', value: ({ reason }) => reason },
      { title: 'POSITION', value: (each) => String(each.position), align: 'right' },
      { title: 'EVENTS/S', value: ({ eventsPerSecond }) => eventsPerSecond?.toString(), align: 'right' },
      { title: 'COMPARED', value: ({ comparison: done }) => done && (done.same ? 'the same' : 'differed') },
    ],
    generations,
    'It was never built.',
  );
};

interface RebuildFlags {
  readonly name: string;
  /** commander's --no-wait. */
  readonly wait: boolean;
}

const rebuildCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'rebuild',
    summary: 'build a projection anew from the ledger, beside the one that answers',
    description:
      'Nobody who asks notices: the old one answers until the new one knows as much. Shows the progress; Ctrl-C ends that,\nnot the rebuild.',
    examples: [
      ['cartulary projection rebuild', 'the inventory'],
      ['cartulary projection rebuild --name inventory --no-wait --json', 'only begins it'],
    ],
  });
  command.option('--name <name>', 'which', 'inventory').option('--no-wait', 'do not wait for its end');
  return calling<RebuildFlags>(command, context, rebuild);
};

const rebuild = async (call: Call<RebuildFlags>): Promise<void> => {
  const { client, output, flags } = call;
  const begun = await client.rebuildProjection({ params: { name: flags.name } });
  if (!flags.wait) {
    output.result(begun, () => output.done(`Begun: generation ${begun.generation} of ${flags.name}`));
    return;
  }
  const done = await watchRebuild(call, flags.name, begun);
  if (done.status === 'failed') fail('refused', `generation ${done.generation} was given up: ${done.failure}`);
  output.result(done, () => {
    const rate = done.eventsPerSecond === undefined ? '' : `, ${done.eventsPerSecond} events/s`;
    output.done(`Rebuilt ${flags.name}: generation ${done.generation} from ${done.events} events${rate}`);
    comparisonLines(done).forEach((line) => output.line(line));
  });
};
