import { writeFile } from 'node:fs/promises';
import { type CeremonyIssuerKind, type KeyAlgorithm, keyAlgorithms, makePlan, planProblems } from '@cartulary/x509';
import { type Command, Option } from 'commander';
import { collect, fail, integerFlag, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { Output } from '../output/output.js';
import { describePlan } from './describe-plan.js';

interface PlanFlags {
  readonly trustDomain: string;
  readonly publicUrl: string;
  readonly kind?: CeremonyIssuerKind[];
  readonly epochs: number;
  readonly epoch: string;
  readonly certificate: string;
  readonly crlEvery: string;
  readonly crlValidity: string;
  readonly rootLife: string;
  readonly skew: string;
  readonly from?: string;
  readonly together: '1' | '2';
  readonly keyAlgorithm: KeyAlgorithm;
  readonly out: string;
  readonly json?: boolean;
}

export const planCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'plan',
    summary: 'write a plan for people to read',
    description: 'Nothing is made but the plan: change it as you like, `ceremony run` checks it again.',
    examples: [
      ['cartulary ceremony plan --public-url http://crl.example', 'a year of four epochs'],
      ['cartulary ceremony plan --public-url http://crl.example --kind intermediate --epochs 1', 'for an intermediate'],
    ],
  });
  command
    .option('--trust-domain <name>', 'SPIFFE trust domain', 'cluster.local')
    .requiredOption('--public-url <url>', 'where relying parties will find CRLs')
    .addOption(
      new Option('--kind <kind>', 'of issuers: workload, server or intermediate; may be repeated (workload, server)')
        .argParser((text: string, before?: readonly string[]) => collect(text, before))
        .default(undefined),
    )
    .option('--epochs <n>', 'of each kind', integerFlag('--epochs', 1, 32), 4)
    .option('--epoch <duration>', 'how long one lasts', '90d')
    .option('--certificate <duration>', 'the longest life of a certificate below', '90d')
    .option('--crl-every <duration>', 'between the dates of two CRLs', '7d')
    .option('--crl-validity <duration>', 'how long each is good', '21d')
    .option('--root-life <duration>', 'of a root that is made', '3650d')
    .option('--skew <duration>', 'how far clocks may be slow', '5m')
    .option('--from <time>', 'when all of it begins (now)')
    .addOption(
      new Option('--together <n>', 'how many issuers can be cut off in the period').choices(['1', '2']).default('2'),
    )
    .addOption(
      new Option('--key-algorithm <name>', 'of keys made in the ceremony')
        .choices([...keyAlgorithms])
        .default('ecdsa-p256'),
    )
    .option('--out <file>', 'where the plan goes', 'plan.json')
    .option('--json', 'print the plan as JSON');
  return command.action(async () => {
    const flags = command.opts<PlanFlags>();
    const output = new Output(context, flags.json ?? false);
    const plan = makePlan({
      ...{ trustDomain: flags.trustDomain, publicUrl: flags.publicUrl, keyAlgorithm: flags.keyAlgorithm },
      ...{ kinds: kindsOf(flags.kind), epochs: flags.epochs, from: fromOf(flags.from, context.now()) },
      epochLength: milliseconds('--epoch', flags.epoch),
      longestCertificate: milliseconds('--certificate', flags.certificate),
      crlEvery: milliseconds('--crl-every', flags.crlEvery),
      crlValidity: milliseconds('--crl-validity', flags.crlValidity),
      rootLife: milliseconds('--root-life', flags.rootLife),
      skewSeconds: milliseconds('--skew', flags.skew) / 1_000,
      together: Number(flags.together) as 1 | 2,
    });
    const [problem] = planProblems(plan);
    if (problem !== undefined) fail('usage', problem);
    await writeFile(flags.out, `${JSON.stringify(plan, undefined, 2)}\n`, { flag: 'wx' }).catch((error: unknown) =>
      fail('usage', `${flags.out} can't be written: ${String(error)}`),
    );
    output.result(plan, () => {
      describePlan(plan, output);
      output.done(`Wrote ${flags.out}: read it, then hold the ceremony with \`cartulary ceremony run\``);
    });
  });
};

const kinds: readonly string[] = ['workload', 'server', 'intermediate'] satisfies CeremonyIssuerKind[];

const kindsOf = (given: readonly CeremonyIssuerKind[] = ['workload', 'server']): readonly CeremonyIssuerKind[] =>
  given.every((kind) => kinds.includes(kind)) ? given : fail('usage', `--kind is one of ${kinds.join(', ')}`);

const fromOf = (text: string | undefined, now: Date): Date => {
  const from = text === undefined ? now : new Date(text);
  return isNaN(from.getTime()) ? fail('usage', `--from ${text}: an RFC 3339 time is expected`) : from;
};

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const milliseconds = (option: string, text: string): number => {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  return count === undefined
    ? fail('usage', `${option} ${text}: write it as 90s, 30m, 24h or 7d`)
    : Number(count) * (units[unit] ?? 0);
};
