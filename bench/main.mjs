// `npm run bench -- [group …] [--quick | --full]`: measures and says what was reached.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { goals } from './goals.mjs';
import { writeDocument } from './lib/document.mjs';
import { profiles } from './lib/profile.mjs';
import { Million } from './lib/million.mjs';
import { Report } from './lib/report.mjs';
import { judged, printed, writeSummary } from './lib/summary.mjs';

// What needs a quiet machine most comes first; Kafka's JVM and a million rows come last.
const groups = [
  'issuance',
  'overload',
  'ocsp',
  'peers',
  'ledger',
  'crl',
  'revocation',
  'incident',
  'replay',
  'inventory',
];

const usage = `npm run bench -- [group …] [--quick | --full] [--no-write] [--profile <directory>]

  ${groups.join(', ')}; all of them unless named

  --quick      small sizes and a few seconds each: shows that it works, and nothing else; writes no results
  --full       larger sizes and more rounds; takes an hour
  --no-write   leaves bench/results and docs/performance.md as they are
  --profile <directory>
               has every service write a CPU profile there and says where their time went; writes no results
`;

const say = (text) => process.stdout.write(`${text}\n`);

const parse = () => {
  const flag = { type: 'boolean', default: false };
  const options = { quick: flag, full: flag, 'no-write': flag, help: flag, profile: { type: 'string' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const unknown = positionals.filter((name) => !groups.includes(name));
  if (unknown.length > 0) throw new Error(`no such group: ${unknown.join(', ')}\n\n${usage}`);
  return { ...values, named: positionals.length > 0 ? groups.filter((name) => positionals.includes(name)) : groups };
};

/** A group that breaks has not reached what it was to show; the others go on. */
const measureGroup = async (group, size) => {
  const report = new Report(group, { size, say });
  const pick = (quick, usual, full = usual) => ({ quick, usual, full })[size];
  let failed = false;
  try {
    const { measure } = await import(`./${group}/measure.mjs`);
    await measure(report, { size, pick });
  } catch (error) {
    failed = true;
    process.stderr.write(`${group}: ${error.stack}\n`);
    for (const { id } of goals.filter((goal) => goal.group === group)) {
      report.content.goals[id] ??= { missing: `${group} failed: ${String(error.message).split('\n')[0]}` };
    }
  }
  return { report, failed };
};

const run = async () => {
  const { quick, full, named, help, profile, 'no-write': unwritten } = parse();
  if (help) return void say(usage);
  const dry = unwritten || profile !== undefined;
  if (profile !== undefined) process.env.NODE_OPTIONS = `--cpu-prof --cpu-prof-dir=${resolve(profile)}`;
  const size = quick ? 'quick' : full ? 'full' : 'usual';
  const [results, broken] = [[], []];
  for (const group of named) {
    say(`\n── ${group}`);
    const { report, failed } = await measureGroup(group, size);
    if (failed) broken.push(group);
    results.push(report.content);
    if (!quick && !dry) await report.write();
  }
  if (!quick && !dry) await writeDocument(await writeSummary());
  const rows = judged(results);
  if (profile !== undefined) {
    await Million.close();
    for (const text of await profiles(resolve(profile))) say(`\n${text}`);
  }
  for (const group of broken) say(`failed: ${group}`);
  if (quick) say('\nSmall sizes and short times: these figures show that it works, and nothing else.');
  say(`\n${printed(rows)}`);
  // Small sizes say nothing of the goals.
  const missed = !quick && rows.some(({ verdict }) => verdict === 'missed');
  process.exitCode = missed || broken.length > 0 ? 1 : 0;
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));
process.once('disconnect', () => process.exit(130));
// A listener for that would keep us here after the last figure.
process.channel?.unref();
try {
  await run();
} finally {
  await Million.close();
}
