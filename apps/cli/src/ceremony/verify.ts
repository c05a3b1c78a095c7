import { verifyCeremony } from '@cartulary/x509';
import type { Command } from 'commander';
import { leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { Verdict } from '../exit-codes.js';
import { Output } from '../output/output.js';
import { askPassphrase } from './passphrase.js';

interface VerifyFlags {
  readonly dir: string;
  readonly rootKeyHash?: string;
  readonly sealPassphraseFile?: string;
  readonly json?: boolean;
}

export const verifyCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'verify',
    summary: 'check what a ceremony has made',
    description:
      'Transcript, hashes, signatures, chains, dates without a gap, and with the passphrase what the sealed CRLs list.',
    examples: [
      ['cartulary ceremony verify --dir ceremony/', 'as far as it can be seen from outside'],
      ['cartulary ceremony verify --dir ceremony/ --root-key-hash 9f86d0… --seal-passphrase-file seal', 'all of it'],
    ],
  });
  command
    .option('--dir <dir>', 'where it lies', 'ceremony')
    .option('--root-key-hash <hex>', 'as those present wrote it down')
    .option('--seal-passphrase-file <file>', 'opens the sealed CRLs too')
    .option('--json', 'print the findings as JSON');
  return command.action(async () => {
    const flags = command.opts<VerifyFlags>();
    const output = new Output(context, flags.json ?? false);
    const [of, option, file] = ['sealed CRLs', '--seal-passphrase-file', flags.sealPassphraseFile];
    const seal =
      file === undefined ? {} : { sealPassphrase: await askPassphrase({ of, option, file, isNew: false }, context) };
    const { ceremony, transcript, problems } = await verifyCeremony({
      directory: flags.dir,
      ...seal,
      ...(flags.rootKeyHash === undefined ? {} : { rootKeyHash: flags.rootKeyHash.toLowerCase() }),
    });
    const begun = transcript[0]?.data ?? {};
    const manifest = ceremony?.manifest;
    const opened = file !== undefined;
    output.result({ valid: problems.length === 0, problems, opened, begun, manifest }, () => {
      output.details([
        ['trust domain', manifest?.trustDomain],
        ['root key', manifest?.root.keyHash],
        ['held', transcript[0]?.at],
        ['present', (begun['witnesses'] as readonly string[] | undefined)?.join(', ')],
        ['issuers', manifest?.issuers.map(({ name }) => name).join(', ')],
        ['CRLs', manifest && `${manifest.crls.length}, until ${manifest.crls.at(-1)?.nextUpdate}`],
      ]);
      for (const problem of problems) output.line(`${output.style.red('✗')} ${problem}`);
      if (problems.length === 0)
        output.done(opened ? 'Everything holds' : 'Everything holds that can be seen without opening the sealed CRLs');
    });
    if (problems.length > 0) throw new Verdict('refused');
  });
};
