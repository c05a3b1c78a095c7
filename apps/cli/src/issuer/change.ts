import type { Issuer, IssuerRevocation } from '@cartulary/contracts';
import { crlReasonCode, isCrlReason } from '@cartulary/domain';
import { type Command, Option } from 'commander';
import { type Call, calling, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { CliError } from '../exit-codes.js';
import { both } from '../output/time.js';

export const rotateIssuerCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'rotate',
    arguments: '<issuerId>',
    summary: 'change the epoch now, or take the next step of a root’s rotation',
    description:
      'The issuer that was made ahead issues in place of this one, whose certificates stay good until they end. Refused\nbefore the first CRL of the next issuer is out and its lead time (CARTULARY_EPOCH_LEAD) has passed.\n\nOf a root or intermediate, the first call makes the next one. A new root stands in the trust bundle from then on;\nthe second call, refused before CARTULARY_ROOT_LEAD has passed, has it used. Then the old one may retire.',
    examples: [['cartulary issuer rotate 9f86d081884c7d65', 'the next epoch begins; for a root, the next step']],
  });
  return calling(command, context, async ({ client, output }, issuerId = '') => {
    const rotation = await client.rotateIssuer({ params: { issuerId } });
    const { step, successor, readyAt } = rotation;
    output.result(rotation, () => {
      if (step === 'activated') return output.done(`${successor} issues in place of ${issuerId}`);
      output.done(`${successor} is made to follow ${issuerId}`);
      output.details([['  may be used', readyAt && `${both(readyAt, output.now)}, if its CRL is out by then`]]);
    });
  });
};

export const retireIssuerCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'retire',
    arguments: '<issuerId>',
    summary: 'let an old root go: out of the trust bundle',
    description:
      'The last step of a root’s rotation. Refused while an issuer below it is not retired. Its final CRL is published, then\nit leaves the trust bundle and its key is destroyed. All other issuers retire by themselves.',
    examples: [['cartulary issuer retire 9f86d081884c7d65', 'the old root goes']],
  });
  return calling(command, context, async ({ client, output }, issuerId = '') => {
    const retirement = await client.retireIssuer({ params: { issuerId } });
    const { status } = retirement;
    output.result(retirement, () =>
      output.done(status === 'retired' ? `${issuerId} is retired` : `${issuerId} retires once its final CRL is out`),
    );
  });
};

interface RevokeFlags {
  readonly reason: string;
  readonly invalidityDate?: string;
  readonly comment?: string;
  readonly yes?: boolean;
}

const reasons = Object.keys(crlReasonCode).filter((reason) => reason !== 'certificateHold');

export const revokeIssuerCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'revoke',
    arguments: '<issuerId>',
    summary: 'cut off an issuer with every certificate that it has issued',
    description:
      'Final. Its certificate goes on its parent’s CRL, OCSP says revoked of all its certificates, and the issuer that was\nmade ahead takes its place.',
    examples: [
      ['cartulary issuer revoke 9f86d081884c7d65', 'asks first'],
      ['cartulary issuer revoke 9f86d081884c7d65 --reason keyCompromise --yes', 'unattended'],
    ],
  });
  command
    .addOption(new Option('--reason <reason>', 'RFC 5280, section 5.3.1').choices(reasons).default('cACompromise'))
    .option('--invalidity-date <time>', 'since when the key is suspect, RFC 3339')
    .option('--comment <text>', 'why; kept beside the ledger, where it can be erased')
    .option('-y, --yes', 'do not ask');
  return calling<RevokeFlags>(command, context, (call, issuerId = '') => revoke(call, issuerId));
};

const revoke = async (call: Call<RevokeFlags>, issuerId: string): Promise<void> => {
  const { flags, client, context, output } = call;
  const { reason, invalidityDate, comment } = flags;
  if (!isCrlReason(reason) || reason === 'certificateHold') throw new CliError('usage', `${reason} is not a reason`);
  if (context.interactive && !flags.yes && !output.json) await confirm(call, issuerId);
  const body = { reason, ...(invalidityDate ? { invalidityDate } : {}), ...(comment ? { comment } : {}) };
  const revocation = await client.revokeIssuer({ params: { issuerId }, body });
  output.result(revocation, () => report(call, revocation));
};

const confirm = async ({ client, output, context, flags }: Call<RevokeFlags>, issuerId: string): Promise<void> => {
  const issuer: Issuer = await client.getIssuer({ params: { issuerId } });
  output.line(`About to cut off for ${output.style.bold(flags.reason)}, which is final:`);
  output.line(`  ${issuerId}  ${issuer.purpose}, epoch ${issuer.epoch}, ${issuer.status}, and all its certificates`);
  const answer = await context.ask('Cut off? [y/N] ');
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('refused', 'nothing was cut off');
};

const report = ({ output }: Call<object>, revocation: IssuerRevocation): void => {
  const { issuerId, serial, parent, reason, revokedAt, successor } = revocation;
  output.done(`Cut off ${issuerId} (${reason})`);
  output.details([
    ['  revoked', both(revokedAt, output.now)],
    ['  certificate', serial],
    ['  on the CRL of', parent ?? 'its CA elsewhere, which has to be told'],
    ['  in its place', successor ?? 'nobody yet: the next one has no CRL'],
  ]);
};
