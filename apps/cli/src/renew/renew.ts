import { type Command } from 'commander';
import { describeCertificate, type KeyAlgorithm } from '@cartulary/x509';
import { type Call, calling, leaf, ttlFlag } from '../command.js';
import type { CliContext } from '../context.js';
import { looksLikeSerial, normalSerial, readCertificateFile } from '../inspect/reference.js';
import { nameFor, pathsBeside, pathsFor, refuseToOverwrite } from '../issue/files.js';
import { obtain } from '../issue/issue.js';
import { keyAlgorithmFlag, makeRequest, type Names } from '../issue/request.js';

interface RenewFlags {
  readonly ttl?: string | number;
  readonly out?: string;
  readonly name?: string;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly force?: boolean;
}

export const renewCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'renew',
    arguments: '<certificate>',
    summary: 'renew a certificate with a new key',
    description:
      'Same identity and names, a new key, linked to its predecessor. A certificate file is replaced in place, with its\nkey and chain beside it; for a serial the files go into --out.',
    examples: [
      ['cartulary renew certs/cart.crt', 'replaces cart.key, cart.crt and cart-chain.crt'],
      ['cartulary renew 01c3a5e27f0b4d8896a1d2f3e4b5c6a798 --out certs', 'by serial, into new files'],
    ],
  });
  command
    .option('--ttl <time>', 'lifetime, such as 90m, 24h, 7d (default: the profile’s)', ttlFlag)
    .option('--out <dir>', 'write there instead')
    .option('--name <name>', 'base name of the files')
    .option(
      '--key-algorithm <name>',
      'ecdsa-p256, ecdsa-p384, ed25519, rsa-2048, rsa-3072',
      keyAlgorithmFlag,
      'ecdsa-p256',
    )
    .option('--force', 'replace files that exist');
  return calling<RenewFlags>(command, context, (call, reference = '') => renew(call, reference));
};

interface Predecessor {
  readonly serial: string;
  readonly names: Names;
}

const predecessorOf = async ({ client }: Call<RenewFlags>, reference: string): Promise<Predecessor> => {
  if (!looksLikeSerial(reference)) {
    const { serial, uris, dnsNames, ipAddresses } = describeCertificate(await readCertificateFile(reference));
    return { serial, names: { uris, dnsNames, ipAddresses } };
  }
  const found = await client.getCertificate({ params: { serial: normalSerial(reference) } });
  const { identity, dnsNames = [], ipAddresses = [] } = found;
  return { serial: found.serial, names: { uris: identity ? [identity] : [], dnsNames, ipAddresses } };
};

const renew = async (call: Call<RenewFlags>, reference: string): Promise<void> => {
  const { flags, client } = call;
  const { serial, names } = await predecessorOf(call, reference);
  const inPlace = !looksLikeSerial(reference) && flags.out === undefined && flags.name === undefined;
  const base = flags.name ?? nameFor(names.uris?.[0], [...(names.dnsNames ?? []), ...(names.ipAddresses ?? [])]);
  const paths = inPlace ? pathsBeside(reference) : pathsFor(flags.out ?? '.', base);
  if (!inPlace && !flags.force) await refuseToOverwrite(paths);

  const { keyPem, csrPem } = await makeRequest(flags.keyAlgorithm, names);
  const body = { csr: csrPem, ...(flags.ttl ? { ttl: flags.ttl } : {}) };
  await obtain(paths, keyPem, () => client.renewCertificate({ params: { serial }, body }), call);
};
