import type { Command } from 'commander';
import { type Call, calling, collect, leaf } from '../command.js';
import type { CliContext } from '../context.js';
import { Verdict } from '../exit-codes.js';
import type { Output } from '../output/output.js';
import { pad } from '../output/table.js';
import { printable } from '../output/style.js';
import { checks, firstChecks } from './checks.js';
import { type Check, type DoctorFlags, Examination } from './examination.js';
import { type Finding, worst } from './finding.js';
import { trouble } from './trouble.js';

export const doctorCommand = (context: CliContext): Command => {
  const command = leaf({
    name: 'doctor',
    summary: 'look whether everything is well, and say how what is not can be mended',
    description:
      'Looks at clock, credential, readiness, roots, chains, epochs, CRLs and OCSP as relying parties get them, lag, dead\nletters, disk, database settings and Kafka. Changes nothing. Exits with 1 when a check has failed; warnings are 0.',
    examples: [
      ['cartulary doctor', 'the service of this machine'],
      ['cartulary doctor --service-url https://responder:8443', 'services apart: one more of them'],
      ['cartulary doctor --json | jq ".findings[] | select(.status != \\"ok\\")"', 'for programs'],
    ],
  });
  command.option('--service-url <url>', 'REST of one more service; may be repeated', collect);
  return calling<DoctorFlags>(command, context, examine);
};

const examine = async ({ client, context, flags, output }: Call<DoctorFlags>): Promise<void> => {
  const examination = new Examination(client, context, flags);
  const findings: Finding[] = [];
  const all = async (several: Readonly<Record<string, Check>>): Promise<void> => {
    // All at once, shown one after the other.
    const begun = Object.entries(several).map(([check, look]) => made(check, look, examination));
    for (const each of begun) {
      const found = await each;
      findings.push(...found);
      if (!output.json) for (const finding of found) show(output, finding);
    }
  };
  await all(firstChecks);
  // Without the service there is nobody to ask.
  const reached = findings.every(({ check, status }) => check !== 'REST' || status !== 'failed');
  if (reached) await all(checks);
  const status = worst(findings);
  output.result({ status, findings }, () => conclude(output, findings, reached));
  if (status === 'failed') throw new Verdict('refused');
};

const made = async (check: string, look: Check, examination: Examination): Promise<Finding[]> => {
  const seen = await look(examination).catch((error: unknown) => [trouble(error)]);
  return seen.map((each) => ({ check, ...each }));
};

const WIDTH = 13;

const show = (output: Output, { check, about, status, seen, hint }: Finding): void => {
  const { style } = output;
  const marks = { ok: style.green('✓'), warning: style.yellow('!'), failed: style.red('✗') };
  const what = about === undefined ? '' : `${style.dim(printable(about))}  `;
  output.line(`${marks[status]} ${pad(check, WIDTH)}${what}${printable(seen)}`);
  if (hint !== undefined) output.line(`  ${style.cyan('→')} ${printable(hint)}`);
};

const conclude = (output: Output, findings: readonly Finding[], reached: boolean): void => {
  const { style } = output;
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const [failures, warnings] = [count('failed'), count('warning')];
  const parts = [
    style.green(`${count('ok')} ok`),
    ...(warnings ? [style.yellow(`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`)] : []),
    ...(failures ? [style.red(`${failures} failed`)] : []),
    ...(reached ? [] : ['the rest not looked at']),
  ];
  output.line();
  output.line(parts.join(', '));
};
