import { readFile } from 'node:fs/promises';
import { fetchPublication } from '@cartulary/client';
import { parseCrl, type ParsedCrl, pemToDer, verifyCrl } from '@cartulary/x509';
import type { Command } from 'commander';
import { group, integerFlag, leaf } from '../command.js';
import { publicClientFor } from '../connection/connect.js';
import { type ConnectionFlags, withConnection } from '../connection/options.js';
import type { CliContext } from '../context.js';
import { CliError } from '../exit-codes.js';
import { readCertificateFile } from '../inspect/reference.js';
import { Output } from '../output/output.js';
import { both, relative } from '../output/time.js';

interface CrlFlags extends ConnectionFlags {
  readonly issuer?: string;
  readonly limit: number;
}
interface Fetched {
  readonly der: Buffer;
  readonly issuerCertificate?: Buffer;
}

export const crlCommand = (context: CliContext): Command => group('crl', 'look at CRLs', [showCommand(context)]);

const showCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'show',
    arguments: '<source>',
    summary: 'show a CRL: by issuer id, URL or file',
    description: 'By issuer id it is fetched from the public side, and its signature is checked.',
    examples: [
      ['cartulary crl show 9f86d081884c7d65', 'what this issuer revoked'],
      ['cartulary crl show http://127.0.0.1:8080/crl/9f86d081884c7d65.crl', 'by URL'],
      ['cartulary crl show issuer.crl --issuer issuer.crt', 'a file, checked against its issuer'],
    ],
  });
  command
    .option('--issuer <file>', 'check the signature against this certificate')
    .option('--limit <n>', 'print at most so many entries', integerFlag('--limit', 0, 1_000_000), 20);
  return withConnection(command).action(async (source: string) => {
    const flags = command.opts<CrlFlags>();
    const output = new Output(context, flags.json ?? false);
    const fetched = await fetchCrl(source, flags, context);
    const { issuerCertificate, der } = fetched;
    const crl = issuerCertificate ? verifyCrl(der, issuerCertificate) : parseCrl(der);
    output.result(toJson(crl, fetched), () => show(output, crl, fetched, flags.limit));
  });
};

const fetchCrl = async (source: string, flags: CrlFlags, context: CliContext): Promise<Fetched> => {
  const given = flags.issuer ? { issuerCertificate: await readCertificateFile(flags.issuer) } : {};
  if (/^https?:\/\//.test(source)) return { der: await fetchPublication(source), ...given };
  if (/^[0-9a-f]{16}$/.test(source)) {
    const client = publicClientFor(flags, context);
    try {
      const [der, issuerCertificate] = await Promise.all([client.crl(source), client.issuerCertificate(source)]);
      return { der, issuerCertificate, ...given };
    } finally {
      await client.close();
    }
  }
  const bytes = await readFile(source).catch((cause: unknown) => {
    const hint = 'Give an issuer id (16 hex digits), a URL or a file.';
    throw new CliError('usage', `${source} is neither an issuer id nor a file that can be read`, hint, { cause });
  });
  return { der: bytes[0] === 0x30 ? bytes : pemToDer(bytes.toString('latin1'), 'X509 CRL'), ...given };
};

const toJson = (crl: ParsedCrl, { der, issuerCertificate }: Fetched): unknown => ({
  issuer: crl.issuer,
  number: crl.number === undefined ? undefined : Number(crl.number),
  thisUpdate: crl.thisUpdate,
  nextUpdate: crl.nextUpdate,
  signatureAlgorithm: crl.signatureAlgorithm,
  verified: issuerCertificate !== undefined,
  size: der.length,
  entries: crl.entries,
});

const show = (output: Output, crl: ParsedCrl, { der, issuerCertificate }: Fetched, limit: number): void => {
  const { style, now } = output;
  const late = crl.nextUpdate !== undefined && crl.nextUpdate < now;
  output.details([
    ['issuer', crl.issuer, style.bold],
    ['number', crl.number?.toString()],
    ['this update', both(crl.thisUpdate, now)],
    ['next update', crl.nextUpdate && both(crl.nextUpdate, now), late ? style.red : undefined],
    ['signature', `${crl.signatureAlgorithm}, ${issuerCertificate ? 'verified' : 'not checked (give --issuer)'}`],
    ['size', `${der.length} octets`],
    ['revoked', String(crl.entries.length)],
  ]);
  if (crl.entries.length === 0 || limit === 0) return;
  output.line();
  output.table(
    [
      { title: 'SERIAL', value: ({ serial }) => serial },
      { title: 'REASON', value: ({ reason }) => reason },
      { title: 'REVOKED', value: ({ revokedAt }) => relative(revokedAt, now) },
    ],
    crl.entries.slice(0, limit),
    '',
  );
  if (crl.entries.length > limit) output.note(`${crl.entries.length - limit} more: --limit ${crl.entries.length}`);
};
