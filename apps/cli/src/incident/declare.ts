import type { Incident, IncidentPreview, IncidentRequest } from '@cartulary/contracts';
import { crlReasonCode, type RevocationReason } from '@cartulary/domain';
import { type Command, Option } from 'commander';
import { type Call, calling, leaf, ttlFlag } from '../command.js';
import type { CliContext } from '../context.js';
import { CliError } from '../exit-codes.js';
import { selectorOf, selectorText, type SelectorFlags, withSelector } from './selector-flags.js';
import { showPreview } from './preview.js';
import { waitUntilContained } from './wait.js';

interface DeclareFlags extends SelectorFlags {
  readonly reason: RevocationReason;
  readonly invalidityDate?: string;
  readonly comment?: string;
  readonly reissueFirst?: string | number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait: boolean;
}

const reasons = Object.keys(crlReasonCode).filter((reason) => reason !== 'certificateHold');

export const declareCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'declare',
    summary: 'revoke all that is compromised, with what descends from it',
    description:
      'Every flag narrows what is meant. From the declaration on nothing is issued for it, nor for or by what descends from\nit: certificates whose request was authenticated by a hit one, and renewals of it. It is revoked for good.',
    examples: [
      ['cartulary incident declare --node node-7.eu-1 --dry-run', 'what that would hit'],
      ['cartulary incident declare --node node-7.eu-1 --reason keyCompromise', 'a machine is in other hands'],
      ['cartulary incident declare --key-hash stolen.crt --reason keyCompromise --yes', 'a key, unattended'],
      [
        'cartulary incident declare --namespace shop --reissue-first 30m --reason superseded',
        'renewed first, then revoked',
      ],
    ],
  });
  withSelector(command)
    .addOption(new Option('--reason <reason>', 'RFC 5280, section 5.3.1').choices(reasons).default('unspecified'))
    .option('--invalidity-date <time>', 'since when the keys are suspect, RFC 3339')
    .option(
      '--reissue-first <time>',
      'have it renewed before, within this time, such as 30m; never for a key or a node',
      ttlFlag,
    )
    .option('--comment <text>', 'why; kept beside the ledger, where it can be erased')
    .option('--dry-run', 'only show what would be hit')
    .option('-y, --yes', 'do not ask')
    .option('--no-wait', 'do not show how far it is until it is contained');
  return calling<DeclareFlags>(command, context, declare);
};

const declare = async (call: Call<DeclareFlags>): Promise<void> => {
  const { client, output, flags, context } = call;
  const body = await requestOf(flags);
  if (flags.dryRun) {
    const { preview } = await client.declareIncident({ body: { ...body, dryRun: true } });
    output.result(preview, () => preview && showPreview(output, preview));
    return;
  }
  if (!flags.yes) {
    if (!context.interactive || output.json) {
      throw new CliError('usage', 'nobody is there to be asked: --dry-run shows what would be hit, --yes does it');
    }
    const { preview } = await client.declareIncident({ body: { ...body, dryRun: true } });
    if (preview) await confirm(call, preview);
  }
  const { incident } = await client.declareIncident({ body });
  if (!incident) throw new CliError('refused', 'the service declared nothing');
  if (!output.json)
    output.done(`Declared ${incident.incidentId}: ${selectorText(incident.selector)}. The gate is closed.`);
  if (!flags.wait) {
    if (output.json) output.result(incident, () => undefined);
    output.note(`\ncartulary incident show ${incident.incidentId}   how far it is`);
    return;
  }
  const contained = await waitUntilContained(call, incident);
  output.result(contained, () => output.done(`Contained ${contained.incidentId}: ${outcome(contained)}`));
};

const requestOf = async (flags: DeclareFlags): Promise<IncidentRequest> => {
  const { reason, invalidityDate, comment, reissueFirst } = flags;
  return {
    selector: await selectorOf(flags),
    reason,
    ...(invalidityDate ? { invalidityDate } : {}),
    ...(reissueFirst === undefined ? {} : { reissueFirst: { window: reissueFirst } }),
    ...(comment ? { comment } : {}),
  };
};

const confirm = async ({ output, context, flags }: Call<DeclareFlags>, preview: IncidentPreview): Promise<void> => {
  showPreview(output, preview);
  output.line(`\nAbout to revoke these for ${output.style.bold(flags.reason)}, which is final.`);
  if (preview.system > 0) {
    output.line(
      output.style.red(`${preview.system} of them are operators’ and services’: they are cut off from this API.`),
    );
  }
  const answer = await context.ask(`Revoke ${preview.live} certificates? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('refused', 'nothing was declared');
};

export const outcome = ({ progress: { hit, revoked, alreadyRevoked, expired } }: Incident): string =>
  [
    `${revoked} of ${hit} revoked`,
    ...(alreadyRevoked > 0 ? [`${alreadyRevoked} were revoked before`] : []),
    ...(expired > 0 ? [`${expired} had expired`] : []),
  ].join(', ');
