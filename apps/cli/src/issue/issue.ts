import { readFile } from 'node:fs/promises';
import type { FullCertificate, IssueRequest } from '@cartulary/contracts';
import type { KeyAlgorithm } from '@cartulary/x509';
import { type Command, Option } from 'commander';
import { type Call, calling, collect, leaf, ttlFlag } from '../command.js';
import type { CliContext } from '../context.js';
import { CliError } from '../exit-codes.js';
import { absolute, both } from '../output/time.js';
import { nameFor, type Paths, pathsFor, refuseToOverwrite, writeKey } from './files.js';
import { keyAlgorithmFlag, makeRequest } from './request.js';

interface IssueFlags {
  readonly profile: NonNullable<IssueRequest['profile']>;
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly ttl?: string | number;
  readonly node?: string;
  readonly out: string;
  readonly name?: string;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly csr?: string;
  readonly force?: boolean;
}

export const issueCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'issue',
    arguments: '[identity]',
    summary: 'make a key here and get a certificate for it',
    description:
      'The key is made on this machine and never leaves it: <name>.key (0600), <name>.crt (the certificate) and\n<name>-chain.crt (with its issuers) are written into --out.',
    examples: [
      ['cartulary issue spiffe://cluster.local/ns/shop/sa/cart --out certs', 'a workload certificate'],
      ['cartulary issue --profile server --dns shop.example.org --ip 10.0.0.7', 'a TLS server certificate'],
      [
        'cartulary issue spiffe://cluster.local/cartulary/operator/ann --profile operator',
        'another operator, once registered',
      ],
      ['cartulary issue --csr request.pem --ttl 12h', 'for a request made elsewhere'],
    ],
  });
  command
    .addOption(
      new Option('--profile <profile>', 'kind of certificate')
        .choices(['workload', 'server', 'operator', 'service'])
        .default('workload'),
    )
    .option('--dns <name>', 'DNS name; may be repeated', collect)
    .option('--ip <address>', 'IP address; may be repeated', collect)
    .option('--ttl <time>', 'lifetime, such as 90m, 24h, 7d (default: the profile’s)', ttlFlag)
    .option('--node <name>', 'the machine where the key will live, such as node-7')
    .option('--out <dir>', 'where the files go', '.')
    .option('--name <name>', 'their base name (default: from the identity or the first name)')
    .option(
      '--key-algorithm <name>',
      'ecdsa-p256, ecdsa-p384, ed25519, rsa-2048, rsa-3072',
      keyAlgorithmFlag,
      'ecdsa-p256',
    )
    .option('--csr <file>', 'a request (PEM) made elsewhere: no key is made')
    .option('--force', 'replace files that exist');
  return calling<IssueFlags>(command, context, (call, identity) => issue(call, identity));
};

const issue = async (call: Call<IssueFlags>, identity: string | undefined): Promise<void> => {
  const { flags, output, client } = call;
  const { profile, dns = [], ip = [], out, csr, ttl, node } = flags;
  const paths = pathsFor(out, flags.name ?? nameFor(identity, [...dns, ...ip]));
  const ask = (csrPem: string): Promise<FullCertificate> =>
    client.issueCertificate({
      body: {
        csr: csrPem,
        profile,
        ...(identity ? { identity } : {}),
        ...(ttl ? { ttl } : {}),
        ...(node ? { node } : {}),
      },
    });

  if (csr !== undefined) {
    const issued = await ask(await readText(csr));
    output.result(issued, () => output.line((issued.certificate + issued.chain).trimEnd()));
    output.note(summary(issued, output.now));
    return;
  }
  if (!identity && dns.length + ip.length === 0) {
    const hint = 'For example: cartulary issue spiffe://cluster.local/ns/shop/sa/cart';
    throw new CliError('usage', 'say whom the certificate is for: an identity, --dns or --ip', hint);
  }
  if (!flags.force) await refuseToOverwrite(paths);
  const { keyPem, csrPem } = await makeRequest(flags.keyAlgorithm, {
    ...(identity ? { uris: [identity] } : {}),
    dnsNames: dns,
    ipAddresses: ip,
  });
  await obtain(paths, keyPem, () => ask(csrPem), call);
};

/** Keeps the key only if a certificate was issued for it, and says what lies where. */
export const obtain = async (
  paths: Paths,
  keyPem: string,
  ask: () => Promise<FullCertificate>,
  { output }: Pick<Call<object>, 'output'>,
): Promise<void> => {
  const keyFile = await writeKey(paths, keyPem);
  let issued: FullCertificate;
  try {
    issued = await ask();
  } catch (error) {
    await keyFile.discard();
    throw error;
  }
  await keyFile.keep(issued);
  output.result(issued, () => {
    output.done(summary(issued, output.now));
    output.details([
      ['  key', paths.key],
      ['  certificate', paths.certificate],
      ['  with chain', paths.chain],
      ['  renew', `between ${absolute(issued.renewalWindow.start)} and ${absolute(issued.renewalWindow.end)}`],
    ]);
  });
};

const summary = ({ serial, identity, dnsNames, ipAddresses, notAfter }: FullCertificate, now: Date): string =>
  `Issued ${serial} for ${identity ?? [...(dnsNames ?? []), ...(ipAddresses ?? [])].join(', ')}, valid until ${both(notAfter, now)}`;

export const readText = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CliError('usage', `${path} can't be read: ${String((cause as NodeJS.ErrnoException).code)}`, undefined, {
      cause,
    });
  }
};
