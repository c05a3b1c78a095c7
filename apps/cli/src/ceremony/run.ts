import { readFile } from 'node:fs/promises';
import {
  holdCeremony,
  type KeyAlgorithm,
  keyAlgorithms,
  planProblems,
  readPlan,
  verifyCeremony,
} from '@cartulary/x509';
import { certificateFacts } from '@cartulary/x509';
import { type Command, Option } from 'commander';
import { collect, fail, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { Output } from '../output/output.js';
import { describePlan } from './describe-plan.js';
import { askPassphrase } from './passphrase.js';
import { hasRoot, openRoot } from './root-store.js';

interface RunFlags {
  readonly plan: string;
  readonly out: string;
  readonly root: string;
  readonly rootKey?: string;
  readonly rootCertificate?: string;
  readonly rootAlgorithm: KeyAlgorithm;
  readonly rootPassphraseFile?: string;
  readonly transportPassphraseFile?: string;
  readonly sealPassphraseFile?: string;
  readonly request?: string[];
  readonly witness?: string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const runCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'run',
    summary: 'sign what the plan says, on a machine without network',
    description:
      'Reads and writes files only. The root stays in its own directory, encrypted by its passphrase; everything else goes to --out.',
    examples: [
      [
        'cartulary ceremony run --plan plan.json --root safe/ --out ceremony/ --witness Ann --witness Bob',
        'with keys made here',
      ],
      [
        'cartulary ceremony run --plan plan.json --root safe/ --out ceremony/ --request workload-1=workload-1.csr',
        'with a key that stays online',
      ],
    ],
  });
  command
    .requiredOption('--plan <file>', 'what is to be made')
    .requiredOption('--root <dir>', 'the root’s key store, made where it is missing')
    .option('--root-key <file>', 'a root’s key to take into it (PEM)')
    .option('--root-certificate <file>', 'and its certificate')
    .addOption(
      new Option('--root-algorithm <name>', 'of a root that is made').choices([...keyAlgorithms]).default('ecdsa-p384'),
    )
    .option('--out <dir>', 'where everything goes', 'ceremony')
    .option('--request <name=file>', 'PKCS #10 request of an issuer of the plan; may be repeated', collect)
    .option('--witness <name>', 'who is present; may be repeated', collect)
    .option('--root-passphrase-file <file>', 'instead of typing the root key’s')
    .option('--transport-passphrase-file <file>', 'instead of typing that of the keys handed over')
    .option('--seal-passphrase-file <file>', 'instead of typing that of the sealed CRLs')
    .option('--yes', 'don’t ask whether the plan is right')
    .option('--json', 'print the manifest as JSON');
  return command.action(async () => {
    const flags = command.opts<RunFlags>();
    const output = new Output(context, flags.json ?? false);
    const planText = await readFile(flags.plan, 'utf8');
    const plan = readPlan(planText);
    const problems = planProblems(plan);
    if (problems.length > 0) fail('refused', `the plan can't be held: ${problems.join('; ')}`);
    await confirm(flags, output, plan, context);
    const requests = await requestsOf(flags.request ?? []);
    const made = plan.issuers.some(({ name }) => !requests[name]);
    const passphrase = (of: string, option: string, file: string | undefined, isNew = true): Promise<string> =>
      askPassphrase({ of, option, file, isNew }, context);
    const isNew = !(await hasRoot(flags.root));
    const rootPassphrase = await passphrase('root key', '--root-passphrase-file', flags.rootPassphraseFile, isNew);
    const transportPassphrase = made
      ? await passphrase('keys handed over', '--transport-passphrase-file', flags.transportPassphraseFile)
      : '';
    const sealPassphrase = await passphrase('sealed CRLs', '--seal-passphrase-file', flags.sealPassphraseFile);
    if (new Set([rootPassphrase, transportPassphrase, sealPassphrase]).size < 3)
      fail('usage', 'the passphrases must differ: who opens one box shall not open another');
    const { signer, root } = await openRoot(
      {
        ...{ directory: flags.root, passphrase: rootPassphrase, algorithm: flags.rootAlgorithm },
        ...(flags.rootKey === undefined ? {} : { key: flags.rootKey }),
        ...(flags.rootCertificate === undefined ? {} : { certificate: flags.rootCertificate }),
      },
      plan,
    );
    const manifest = await holdCeremony({
      ...{ planText, root, signer, directory: flags.out, transportPassphrase, sealPassphrase, requests },
      ...{ witnesses: flags.witness ?? [], tool: 'cartulary 0.1.0', now: context.now },
    });
    // Whoever was present sees that what lies there is what was meant.
    const { problems: wrong } = await verifyCeremony({ directory: flags.out, sealPassphrase });
    if (wrong.length > 0) fail('refused', `what was made does not verify: ${wrong.join('; ')}`);
    output.result(manifest, () => {
      output.details([
        ['root key', certificateFacts(root.certificate).keyHash, output.style.bold],
        ['issuers', manifest.issuers.map(({ name }) => name).join(', ')],
        ['dated CRLs', String(manifest.crls.length)],
        ['sealed', `${manifest.sealed.length} files`],
      ]);
      output.done(`Signed and checked: ${flags.out}. Write the root key’s hash down, take ${flags.root} to the safe`);
    });
  });
};

const confirm = async (
  { yes }: RunFlags,
  output: Output,
  plan: Parameters<typeof describePlan>[0],
  context: CliContext,
): Promise<void> => {
  if (yes) return;
  if (!context.interactive)
    fail('usage', 'nobody is there to say that the plan is right', 'Pass --yes when it was read.');
  describePlan(plan, output);
  const answer = await context.ask('Is this what was agreed on? [y/N] ');
  if (!/^y(es)?$/i.test(answer.trim())) fail('refused', 'the ceremony was not held');
};

const requestsOf = async (given: readonly string[]): Promise<Record<string, string>> => {
  const requests: Record<string, string> = {};
  for (const each of given) {
    const [, name, file] = /^([a-z0-9-]+)=(.+)$/.exec(each) ?? [];
    if (name === undefined || file === undefined) fail('usage', `--request ${each}: <issuer>=<file> is expected`);
    else requests[name] = await readFile(file, 'utf8');
  }
  return requests;
};
