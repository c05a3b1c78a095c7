import type { Issuer } from '@cartulary/contracts';
import { type Command, Option } from 'commander';
import { calling, group, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { type AsOfFlag, asOfQuery, withAsOf } from '../inspect/as-of.js';
import type { Output } from '../output/output.js';
import { paintStatus } from '../output/style.js';
import { both, relative } from '../output/time.js';
import { retireIssuerCommand, revokeIssuerCommand, rotateIssuerCommand } from './change.js';

export const issuerCommand = (context: CliContext): Command =>
  group('issuer', 'issuers and their epochs', [
    list(context),
    show(context),
    rotateIssuerCommand(context),
    retireIssuerCommand(context),
    revokeIssuerCommand(context),
  ]);

const purposes = ['root', 'intermediate', 'workload', 'server', 'system-root', 'system'] as const;

interface ListFlags extends AsOfFlag {
  readonly purpose?: (typeof purposes)[number];
  readonly limit: number;
  readonly cursor?: string;
}

const list = (context: CliContext): Command => {
  const examples = [
    ['cartulary issuer list', 'the CAs of the trust domain, and their CRLs'],
    ['cartulary issuer list --purpose workload', 'the epochs of one kind'],
  ] as const;
  const command = leaf({ name: 'list', summary: 'list issuers', examples });
  command
    .addOption(new Option('--purpose <purpose>', 'of this kind').choices(purposes))
    .option('--limit <n>', 'at most so many', integerFlag('--limit', 1, 1000), 100)
    .option('--cursor <cursor>', 'go on where the page before ended');
  return calling<ListFlags>(withAsOf(command), context, async ({ client, output, flags }) => {
    const { purpose, limit, cursor } = flags;
    const query = { ...asOfQuery(flags).query, ...(purpose ? { purpose } : {}), ...(cursor ? { cursor } : {}), limit };
    const page = await client.listIssuers({ query });
    const { style, now } = output;
    output.result(page, () => {
      output.table(
        [
          { title: 'ISSUER ID', value: ({ issuerId }) => issuerId },
          { title: 'PURPOSE', value: ({ purpose }) => purpose },
          { title: 'EPOCH', value: ({ epoch }) => String(epoch), align: 'right' },
          { title: 'STATUS', value: ({ status }) => status, paint: (text) => paintStatus(text, style) },
          { title: 'EXPIRES', value: ({ notAfter }) => relative(notAfter, now) },
          { title: 'CRL', value: ({ crl }) => crl && String(crl.number), align: 'right' },
          { title: 'REVOKED', value: ({ crl }) => crl && String(crl.entries), align: 'right' },
          { title: 'PARENT', value: ({ parent }) => parent },
        ],
        page.issuers,
        'There are no issuers.',
      );
      if (page.nextCursor) output.note(`There are more: --cursor ${page.nextCursor}`);
    });
  });
};

const show = (context: CliContext): Command => {
  const command = leaf({
    name: 'show',
    arguments: '<issuerId>',
    summary: 'show an issuer',
    examples: [
      ['cartulary issuer show 9f86d081884c7d65', 'its state and its newest CRL'],
      ['cartulary issuer show 9f86d081884c7d65 --pem', 'its certificate'],
    ],
  });
  command.option('--pem', 'print its certificate and chain as PEM');
  return calling<{ pem?: boolean } & AsOfFlag>(
    withAsOf(command),
    context,
    async ({ client, output, flags, context: { out } }, issuerId = '') => {
      const issuer = await client.getIssuer({ params: { issuerId }, ...asOfQuery(flags) });
      if (flags.pem) out(issuer.certificate + issuer.chain);
      else output.result(issuer, () => details(output, issuer));
    },
  );
};

const details = (output: Output, issuer: Issuer): void => {
  const { style, now } = output;
  const { crl } = issuer;
  output.details([
    ['issuer', issuer.issuerId, style.bold],
    ['name', issuer.name],
    ['purpose', `${issuer.purpose}, epoch ${issuer.epoch}${issuer.imported ? ', imported' : ''}`],
    ['status', issuer.status, (text) => paintStatus(text, style)],
    ['cut off', issuer.revocation && `${both(issuer.revocation.revokedAt, now)} (${issuer.revocation.reason})`],
    ['issues since', issuer.activatedAt && both(issuer.activatedAt, now)],
    ['successor', issuer.successor],
    ['expired', issuer.expiredAt && both(issuer.expiredAt, now)],
    ['parent', issuer.parent],
    ['key', issuer.keyAlgorithm],
    ['valid until', both(issuer.notAfter, now)],
    ['CRL at', issuer.crlUrl],
    ['CRL', crl && `number ${crl.number}, ${crl.entries} revoked, ${crl.size} octets`],
    ['published', crl && both(crl.publishedAt, now)],
    ['next update', crl && both(crl.nextUpdate, now)],
  ]);
};
