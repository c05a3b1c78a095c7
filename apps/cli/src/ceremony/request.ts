import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { derToPem, FileSigner, type KeyAlgorithm, keyAlgorithms, requestIssuer } from '@cartulary/x509';
import { type Command, Option } from 'commander';
import { fail, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { Output } from '../output/output.js';
import { askPassphrase } from './passphrase.js';

interface RequestFlags {
  readonly data: string;
  readonly out: string;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly keystorePassphraseFile?: string;
  readonly json?: boolean;
}

export const requestCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'request',
    arguments: '<issuer...>',
    summary: 'make issuers’ keys where they will be used, and requests for the ceremony',
    description:
      'Before the trust domain is created, on the machine with the data directory. The keys go into its key store and never leave it; the requests go to `ceremony run --request`.',
    examples: [
      ['cartulary ceremony request intermediate-1', 'for an intermediate'],
      ['cartulary ceremony request workload-1 workload-2 server-1 server-2', 'for every issuer of a plan'],
    ],
  });
  command
    .option('--data <dir>', 'the service’s data directory', context.env['CARTULARY_DATA'] ?? './.cartulary')
    .option('--out <dir>', 'where the requests go', '.')
    .addOption(new Option('--key-algorithm <name>', 'of the keys').choices([...keyAlgorithms]).default('ecdsa-p256'))
    .option('--keystore-passphrase-file <file>', 'of the key store (keystore.passphrase in the data directory)')
    .option('--json', 'print what was made as JSON');
  return command.action(async (names: readonly string[]) => {
    const flags = command.opts<RequestFlags>();
    const output = new Output(context, flags.json ?? false);
    const wrong = names.find((name) => !/^[a-z0-9][a-z0-9-]{0,62}$/.test(name));
    if (wrong !== undefined) fail('usage', `${wrong} is no name of an issuer`);
    const [of, option] = ['key store', '--keystore-passphrase-file'];
    const file = flags.keystorePassphraseFile ?? join(flags.data, 'keystore.passphrase');
    await readFile(file).catch(() =>
      fail('usage', `${file} is missing`, `Choose a passphrase, and name it with ${option}.`),
    );
    const passphrase = await askPassphrase({ of, option, file, isNew: false }, context);
    const signer = await FileSigner.open({ directory: join(flags.data, 'keys'), passphrase });
    const made: Record<string, string> = {};
    for (const name of names) {
      const path = join(flags.out, `${name}.csr`);
      const request = derToPem(await requestIssuer(signer, flags.keyAlgorithm), 'CERTIFICATE REQUEST');
      await writeFile(path, request, { flag: 'wx' }).catch((error: unknown) => fail('usage', String(error)));
      made[name] = path;
    }
    output.result(made, () => {
      for (const [name, path] of Object.entries(made)) output.done(`Wrote ${path}: --request ${name}=${path}`);
    });
  });
};
