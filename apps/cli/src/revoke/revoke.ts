import type { Certificate, Revocation, RevocationRequest } from '@cartulary/contracts';
import { crlReasonCode, isCrlReason } from '@cartulary/domain';
import { type Command, Option } from 'commander';
import { certificateFacts } from '@cartulary/x509';
import { type Call, calling, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { CliError } from '../exit-codes.js';
import { readCertificateFile, serialOf } from '../inspect/reference.js';
import { both } from '../output/time.js';

interface RevokeFlags {
  readonly keyHash?: string;
  readonly reason: string;
  readonly invalidityDate?: string;
  readonly comment?: string;
  readonly yes?: boolean;
}

const reasons = Object.keys(crlReasonCode).filter((reason) => reason !== 'certificateHold');
const commentOption = (): Option =>
  new Option('--comment <text>', 'why; kept beside the ledger, where it can be erased');

export const revokeCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'revoke',
    arguments: '[certificate]',
    summary: 'revoke a certificate, or a key with all its certificates',
    description:
      'A revocation is final. By --key-hash every certificate of the key is revoked and the key is never certified again.\nTo suspend a certificate for a while, use `cartulary hold`.',
    examples: [
      ['cartulary revoke certs/cart.crt --reason keyCompromise', 'by certificate file'],
      ['cartulary revoke 01c3a5e27f0b4d8896a1d2f3e4b5c6a798 --reason superseded --yes', 'by serial, unattended'],
      ['cartulary revoke --key-hash certs/cart.crt --reason keyCompromise', 'the key of that certificate, everywhere'],
    ],
  });
  command
    .addOption(new Option('--reason <reason>', 'RFC 5280, section 5.3.1').choices(reasons).default('unspecified'))
    .option('--key-hash <hash|file>', 'a key: SHA-256 of its SPKI in hex, or a certificate file with it')
    .option('--invalidity-date <time>', 'since when the key is suspect, RFC 3339')
    .addOption(commentOption())
    .option('-y, --yes', 'do not ask');
  return calling<RevokeFlags>(command, context, (call, reference) => revoke(call, reference));
};

const targetOf = async (keyHash: string | undefined, reference: string | undefined) => {
  if ((keyHash === undefined) === (reference === undefined)) {
    throw new CliError('usage', 'give either a certificate (serial or file) or --key-hash');
  }
  if (reference !== undefined) return { serial: await serialOf(reference) };
  const hash = (keyHash ?? '').replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hash)) return { keyHash: hash };
  return { keyHash: certificateFacts(await readCertificateFile(keyHash ?? '')).keyHash };
};

const revoke = async (call: Call<RevokeFlags>, reference: string | undefined): Promise<void> => {
  const { flags, client, context, output } = call;
  const target = await targetOf(flags.keyHash, reference);
  if (context.interactive && !flags.yes && !output.json) await confirm(call, target);
  if (!isCrlReason(flags.reason)) throw new CliError('usage', `${flags.reason} is not a reason`);
  const { invalidityDate, comment } = flags;
  const body: RevocationRequest = {
    ...target,
    reason: flags.reason,
    ...(invalidityDate ? { invalidityDate: instant(invalidityDate) } : {}),
    ...(comment ? { comment } : {}),
  };
  const revocation = await client.createRevocation({ body });
  output.result(revocation, () => report(call, revocation));
};

/** A date alone is taken as its first moment, UTC. */
const instant = (text: string): string => (/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);

const report = ({ output }: Call<object>, { serial, keyHash, reason, revokedAt, certificates }: Revocation): void => {
  const count = certificates.length === 1 ? '1 certificate' : `${certificates.length} certificates`;
  output.done(serial ? `Revoked ${serial} (${reason})` : `Blocked the key ${keyHash} (${reason}), ${count} revoked`);
  output.details([
    ['  revoked', both(revokedAt, output.now)],
    ...(serial ? [] : certificates.map((each, index) => [index === 0 ? '  certificates' : '', each] as const)),
  ]);
};

const describe = ({ serial, identity, dnsNames, notAfter }: Certificate, now: Date): string =>
  `  ${serial}  ${identity ?? dnsNames?.join(', ') ?? ''}  until ${both(notAfter, now)}`;

const confirm = async (
  { client, output, context, flags }: Call<RevokeFlags>,
  target: { serial?: string; keyHash?: string },
): Promise<void> => {
  const { serial, keyHash } = target;
  const hit = serial
    ? [await client.getCertificate({ params: { serial } })]
    : (await client.listCertificates({ query: { ...(keyHash ? { keyHash } : {}), limit: 20 } })).certificates;
  output.line(`About to revoke for ${output.style.bold(flags.reason)}, which is final:`);
  if (keyHash) output.line(`  the key ${keyHash}, for ever`);
  for (const certificate of hit) output.line(describe(certificate, output.now));
  const answer = await context.ask('Revoke? [y/N] ');
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('refused', 'nothing was revoked');
};

interface CommentFlags {
  readonly comment?: string;
}

export const holdCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'hold',
    arguments: '<certificate>',
    summary: 'put a certificate on hold: revoked until it is released',
    examples: [
      ['cartulary hold certs/cart.crt --comment "laptop missing"', 'by certificate file'],
      ['cartulary hold 01c3a5e27f0b4d8896a1d2f3e4b5c6a798', 'by serial'],
    ],
  });
  command.addOption(commentOption());
  return calling<CommentFlags>(command, context, async ({ client, output, flags }, reference = '') => {
    const serial = await serialOf(reference);
    const comment = flags.comment ? { comment: flags.comment } : {};
    const held = await client.createRevocation({ body: { serial, reason: 'certificateHold', ...comment } });
    output.result(held, () => output.done(`${serial} is on hold; release it with \`cartulary release ${serial}\``));
  });
};

export const releaseCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'release',
    arguments: '<certificate>',
    summary: 'release a certificate from hold',
    examples: [['cartulary release 01c3a5e27f0b4d8896a1d2f3e4b5c6a798', 'it is good again']],
  });
  command.addOption(commentOption());
  return calling<CommentFlags>(command, context, async ({ client, output, flags }, reference = '') => {
    const serial = await serialOf(reference);
    const body = flags.comment ? { body: { comment: flags.comment } } : {};
    const released = await client.releaseCertificate({ params: { serial }, ...body });
    output.result(released, () => output.done(`${serial} is ${released.status} again`));
  });
};
