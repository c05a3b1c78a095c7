import type { Incident } from '@cartulary/contracts';
import { type Command, Option } from 'commander';
import { calling, group, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import type { Output } from '../output/output.js';
import { both, relative } from '../output/time.js';
import { declareCommand, outcome } from './declare.js';
import { selectorText } from './selector-flags.js';

export const incidentCommand = (context: CliContext): Command =>
  group('incident', 'declare, show, list and close incidents', [
    declareCommand(context),
    show(context),
    list(context),
    close(context),
  ]);

const show = (context: CliContext): Command => {
  const command = leaf({
    name: 'show',
    arguments: '<incidentId>',
    summary: 'show an incident',
    examples: [['cartulary incident show i4k8s2m0qz7d', 'what it hits, and how far it is']],
  });
  return calling(command, context, async ({ client, output }, incidentId = '') => {
    const incident = await client.getIncident({ params: { incidentId } });
    output.result(incident, () => details(output, incident));
  });
};

interface ListFlags {
  readonly status?: 'open' | 'closed';
  readonly limit: number;
  readonly cursor?: string;
}

const list = (context: CliContext): Command => {
  const command = leaf({
    name: 'list',
    summary: 'list incidents, newest first',
    examples: [
      ['cartulary incident list', 'what was declared, and how far it is'],
      ['cartulary incident list --status open', 'whose gates bar something'],
    ],
  });
  command
    .addOption(new Option('--status <status>', 'in this state').choices(['open', 'closed']))
    .option('--limit <n>', 'at most so many', integerFlag('--limit', 1, 1000), 50)
    .option('--cursor <cursor>', 'go on where the page before ended');
  return calling<ListFlags>(command, context, async ({ client, output, flags: { status, limit, cursor } }) => {
    const query = { limit, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) };
    const page = await client.listIncidents({ query });
    output.result(page, () => {
      output.table(columns(output), page.incidents, 'There are no incidents.');
      if (page.nextCursor) output.note(`There are more: --cursor ${page.nextCursor}`);
    });
  });
};

const columns = ({ now, style }: Output) => [
  { title: 'INCIDENT ID', value: ({ incidentId }: Incident) => incidentId },
  {
    title: 'STATUS',
    value: ({ status }: Incident) => status,
    paint: (text: string) =>
      text === 'closed' ? style.dim(text) : text === 'contained' ? style.green(text) : style.red(text),
  },
  { title: 'DECLARED', value: ({ declaredAt }: Incident) => relative(declaredAt, now) },
  { title: 'REASON', value: ({ reason }: Incident) => reason },
  { title: 'HIT', value: ({ progress }: Incident) => String(progress.hit), align: 'right' as const },
  { title: 'REMAINING', value: ({ progress }: Incident) => String(progress.remaining), align: 'right' as const },
  { title: 'WHAT', value: ({ selector }: Incident) => selectorText(selector) },
];

interface CloseFlags {
  readonly comment?: string;
}

const close = (context: CliContext): Command => {
  const command = leaf({
    name: 'close',
    arguments: '<incidentId>',
    summary: 'say that an incident is over: its gate bars nothing any more',
    examples: [['cartulary incident close i4k8s2m0qz7d --comment "node-7 reinstalled"', 'it may be issued to again']],
  });
  command.option('--comment <text>', 'why; kept beside the ledger, where it can be erased');
  return calling<CloseFlags>(command, context, async ({ client, output, flags }, incidentId = '') => {
    const body = flags.comment ? { body: { comment: flags.comment } } : {};
    const incident = await client.closeIncident({ params: { incidentId }, ...body });
    output.result(incident, () => output.done(`Closed ${incident.incidentId}: ${outcome(incident)}`));
  });
};

const details = (output: Output, incident: Incident): void => {
  const { now, style } = output;
  const { progress, reissueFirst, containedAt, closedAt, invalidityDate } = incident;
  output.details([
    ['incident', incident.incidentId, style.bold],
    ['status', incident.status],
    ['of', selectorText(incident.selector)],
    ['reason', incident.reason],
    ['suspect since', invalidityDate && both(invalidityDate, now)],
    ['comment', incident.comment],
    ['declared', both(incident.declaredAt, now)],
    ['by', incident.requester],
    ['renewed first', reissueFirst && `rotation ${reissueFirst.rotationId}, until ${both(reissueFirst.until, now)}`],
    ['contained', containedAt && both(containedAt, now)],
    ['closed', closedAt && both(closedAt, now)],
    ['hit', String(progress.hit)],
    ['revoked', String(progress.revoked)],
    ['revoked before', String(progress.alreadyRevoked)],
    ['expired', String(progress.expired)],
    ['remaining', String(progress.remaining)],
    ['position', String(incident.position)],
  ]);
};
