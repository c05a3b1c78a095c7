import type { FullCertificate } from '@cartulary/contracts';
import type { Command } from 'commander';
import { type CertificateDescription, describeCertificate } from '@cartulary/x509';
import { leaf } from '../command.js';
import { withClient } from '../connection/connect.js';
import { type ConnectionFlags, withConnection } from '../connection/options.js';
import type { CliContext } from '../context.js';
import { Output } from '../output/output.js';
import { paintStatus } from '../output/style.js';
import { both } from '../output/time.js';
import { type AsOfFlag, asOfQuery, withAsOf } from './as-of.js';
import { looksLikeSerial, normalSerial, readCertificateFile } from './reference.js';
import { subjectOf } from './list.js';

interface ShowFlags extends ConnectionFlags, AsOfFlag {
  readonly pem?: boolean;
}

export const showCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'show',
    arguments: '<certificate>',
    summary: 'show a certificate: by serial as the service knows it, or a file as it is',
    examples: [
      ['cartulary show 01c3a5e27f0b4d8896a1d2f3e4b5c6a798', 'state, issuer, successor …'],
      ['cartulary show 01c3a5e27f0b4d8896a1d2f3e4b5c6a798 --as-of 4711', 'as it was at a position of the ledger'],
      ['cartulary show certs/cart.crt', 'reads the file; needs no service'],
      ['cartulary show 01c3a5e27f0b4d8896a1d2f3e4b5c6a798 --pem > cart.crt', 'the certificate itself'],
    ],
  });
  command.option('--pem', 'print the certificate and its chain as PEM');
  return withConnection(withAsOf(command)).action(async (reference: string) => {
    const flags = command.opts<ShowFlags>();
    const output = new Output(context, flags.json ?? false);
    if (!looksLikeSerial(reference)) {
      const description = describeCertificate(await readCertificateFile(reference));
      output.result(description, () => showFile(output, description, reference));
      return;
    }
    const params = { serial: normalSerial(reference) };
    const certificate = await withClient(flags, context, (client) =>
      client.getCertificate({ params, ...asOfQuery(flags) }),
    );
    if (flags.pem) context.out(certificate.certificate + certificate.chain);
    else output.result(certificate, () => showCertificate(output, certificate));
  });
};

const showCertificate = (output: Output, certificate: FullCertificate): void => {
  const { style, now } = output;
  const { revocation, heldAt, predecessor, successor, serial } = certificate;
  const { start, end, rotationId } = certificate.renewalWindow;
  const renewable = successor === undefined && ['active', 'held'].includes(certificate.status);
  output.details([
    ['serial', serial, style.bold],
    ['status', certificate.status, (text) => paintStatus(text, style)],
    ['reason', revocation?.reason],
    ['revoked', revocation && both(revocation.revokedAt, now)],
    ['suspect since', revocation?.invalidityDate && both(revocation.invalidityDate, now)],
    ['on hold since', heldAt && both(heldAt, now)],
    ['for', subjectOf(certificate)],
    ['profile', certificate.profile],
    ['valid from', both(certificate.notBefore, now)],
    ['valid until', both(certificate.notAfter, now)],
    ['key', `${certificate.keyAlgorithm}  ${certificate.keyHash}`],
    ['issuer', certificate.issuerId],
    ['renew', renewable ? `between ${both(start, now)} and ${both(end, now)}` : undefined],
    ['rotation', renewable ? rotationId : undefined],
    ['renews', predecessor],
    ['renewed by', successor],
    ['asked for by', certificate.requester],
    ['node', certificate.node],
    ['position', String(certificate.position)],
  ]);
  output.note(`\ncartulary history ${serial}   what happened to it`);
};

const showFile = (output: Output, description: CertificateDescription, path: string): void => {
  const { style, now } = output;
  const { notBefore, notAfter } = description;
  const validity = now < notBefore ? 'not valid yet' : now > notAfter ? 'expired' : 'within its dates';
  output.details([
    ['serial', description.serial, style.bold],
    ['subject', description.subject || '(empty)'],
    ['URI', description.uris.join(', ')],
    ['DNS', description.dnsNames.join(', ')],
    ['IP', description.ipAddresses.join(', ')],
    ['issuer', description.issuer],
    ['valid from', both(notBefore, now)],
    ['valid until', `${both(notAfter, now)}, ${validity}`],
    ['key', `${description.keyAlgorithm}  ${description.keyHash}`],
    [
      'CA',
      description.ca
        ? `yes${description.pathLength === undefined ? '' : `, path length ${description.pathLength}`}`
        : undefined,
    ],
    ['key usage', description.keyUsage.join(', ')],
    ['extended', description.extendedKeyUsage.join(', ')],
    ['OCSP', description.ocspUrls.join(', ')],
    ['CRL', description.crlUrls.join(', ')],
    ['issuer at', description.caIssuersUrls.join(', ')],
    ['SHA-256', description.fingerprint],
  ]);
  output.note(`\ncartulary ocsp check ${path}   what its responder says`);
};
