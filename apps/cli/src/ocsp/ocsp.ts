import { fetchPublication, PublicClient } from '@cartulary/client';
import { describeCertificate, pemChainToDer } from '@cartulary/x509';
import type { Command } from 'commander';
import { group, leaf } from '../command.js';
import { publicClientFor, withClient } from '../connection/connect.js';
import { type ConnectionFlags, withConnection } from '../connection/options.js';
import type { CliContext } from '../context.js';
import { CliError, Verdict } from '../exit-codes.js';
import { looksLikeSerial, normalSerial, readCertificateFile } from '../inspect/reference.js';
import { Output } from '../output/output.js';
import { paintStatus } from '../output/style.js';
import { both } from '../output/time.js';
import { askOcsp, type OcspAnswer } from './relying-party.js';

interface CheckFlags extends ConnectionFlags {
  readonly issuer?: string;
  readonly get?: boolean;
}
interface Subject {
  readonly serial: string;
  readonly issuerCertificate: Buffer;
  /** Where the certificate says that its responder is. */
  readonly url: string | undefined;
}

export const ocspCommand = (context: CliContext): Command =>
  group('ocsp', 'ask for a certificate’s status', [check(context)]);

const check = (context: CliContext): Command => {
  const command = leaf({
    name: 'check',
    arguments: '<certificate>',
    summary: 'ask the OCSP responder whether a certificate is good',
    description:
      'A file needs no credential: responder and issuer are where the certificate says. Exits with 6 when it is revoked\nor unknown.',
    examples: [
      ['cartulary ocsp check certs/cart.crt', 'as any relying party would'],
      ['cartulary ocsp check 01c3a5e27f0b4d8896a1d2f3e4b5c6a798', 'by serial'],
      ['cartulary ocsp check certs/cart.crt && ./deploy', 'in a script'],
    ],
  });
  command
    .option('--issuer <file>', 'the issuer’s certificate (default: fetched from where the certificate says)')
    .option('--get', 'ask by GET, as caches like it, instead of POST');
  return withConnection(command).action(async (reference: string) => {
    const flags = command.opts<CheckFlags>();
    const output = new Output(context, flags.json ?? false);
    const subject = looksLikeSerial(reference)
      ? await bySerial(normalSerial(reference), flags, context)
      : await byFile(reference, flags);
    const client = flags.publicUrl || !subject.url ? publicClientFor(flags, context) : clientAt(subject.url);
    const started = performance.now();
    try {
      const ask = (request: Buffer): Promise<Buffer> => client.ocsp(request, flags.get ? 'GET' : 'POST');
      const answer = await askOcsp(subject.serial, subject.issuerCertificate, ask, output.now);
      output.result(answer, () => show(output, answer, performance.now() - started));
      if (answer.status.type !== 'good') throw new Verdict('notGood');
    } finally {
      await client.close();
    }
  });
};

/** The client adds the responder's path itself. */
const clientAt = (url: string): PublicClient => new PublicClient({ baseUrl: url.replace(/\/ocsp\/?$/, '') });

const byFile = async (path: string, { issuer }: CheckFlags): Promise<Subject> => {
  const { serial, ocspUrls, caIssuersUrls } = describeCertificate(await readCertificateFile(path));
  const [url] = ocspUrls;
  if (issuer) return { serial, url, issuerCertificate: await readCertificateFile(issuer) };
  const [issuerUrl] = caIssuersUrls;
  if (!issuerUrl) throw new CliError('usage', `${path} does not say where its issuer is`, 'Give it with --issuer.');
  return { serial, url, issuerCertificate: await fetchPublication(issuerUrl) };
};

const bySerial = async (serial: string, flags: CheckFlags, context: CliContext): Promise<Subject> => {
  const found = await withClient(flags, context, (client) => client.getCertificate({ params: { serial } }));
  const [issuerCertificate] = pemChainToDer(found.chain);
  if (!issuerCertificate) throw new CliError('refused', `the service gave no chain for ${serial}`);
  const [leaf] = pemChainToDer(found.certificate);
  return { serial, issuerCertificate, url: leaf && describeCertificate(leaf).ocspUrls[0] };
};

const show = (output: Output, { serial, status, thisUpdate, nextUpdate }: OcspAnswer, milliseconds: number): void => {
  const { style, now } = output;
  output.details([
    ['serial', serial],
    ['status', status.type, (text) => style.bold(paintStatus(text, style))],
    ['reason', status.type === 'revoked' ? (status.reason ?? 'unspecified') : undefined],
    ['revoked', status.type === 'revoked' ? both(status.revokedAt, now) : undefined],
    ['as of', both(thisUpdate, now)],
    ['until', nextUpdate && both(nextUpdate, now)],
    ['signature', 'verified, nonce echoed'],
    ['answered in', `${Math.round(milliseconds)} ms`],
  ]);
};
