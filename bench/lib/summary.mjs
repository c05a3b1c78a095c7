import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goals, judge } from '../goals.mjs';
import { figure, markdownTable, withSpread } from './format.mjs';
import { machineLine, resultsDirectory } from './report.mjs';

const boundOf = ({ better, unit }, value) => `${better === 'higher' ? '≥' : '≤'} ${figure(value)} ${unit}`;

/** A row for each goal of these groups' results. */
export const judged = (results) =>
  goals
    .filter(({ group }) => results.some((result) => result.group === group))
    .map((goal) => {
      const measured = results.find(({ group }) => group === goal.group).goals[goal.id];
      return { goal, measured, ...judge(goal, measured) };
    });

/** `name  value unit  at-least  aim  met|missed`, then what could not be measured, then the count. */
export const printed = (rows) => {
  const measured = rows.filter(({ verdict }) => verdict !== undefined);
  const width = Math.max(0, ...measured.map(({ goal }) => goal.what.length));
  const lines = measured.map(({ goal, measured: { value }, verdict }) =>
    [
      goal.what.padEnd(width),
      `${figure(value)} ${goal.unit}`.padStart(10),
      boundOf(goal, goal.atLeast).padStart(12),
      boundOf(goal, goal.aim).padStart(12),
      verdict,
    ].join('  '),
  );
  const rest = rows
    .filter(({ verdict }) => verdict === undefined)
    .map(({ goal, measured: given }) => `not measured: ${goal.what}: ${given?.missing ?? 'its group gave no figure'}`);
  const count = (name) => measured.filter(({ verdict }) => verdict === name).length;
  return [...lines, ...rest, `${count('met')} met, ${count('missed')} missed`].join('\n');
};

export const markdownRows = (rows) =>
  markdownTable(
    ['goal', 'measured (min–max)', 'at least', 'aim', ''],
    rows.map(({ goal, measured, verdict, aim }) => [
      goal.what,
      verdict ? `${withSpread(measured)} ${goal.unit}` : '–',
      boundOf(goal, goal.atLeast),
      boundOf(goal, goal.aim),
      verdict ? (aim ? '**aim reached**' : verdict) : (measured?.missing ?? 'not measured'),
    ]),
  );

/** The last results of every group that has any. */
export const readResults = async (directory = resultsDirectory) => {
  const groups = [...new Set(goals.map(({ group }) => group))];
  const read = async (group) => {
    try {
      return [JSON.parse(await readFile(join(directory, `${group}.json`), 'utf8'))];
    } catch {
      return [];
    }
  };
  return (await Promise.all(groups.map(read))).flat();
};

/** `results/summary.json` and `.md`, of whatever each group's last run gave. */
export const writeSummary = async (directory = resultsDirectory) => {
  const results = await readResults(directory);
  const rows = judged(results);
  const plain = rows.map(({ goal, measured, verdict }) => ({
    ...goal,
    ...measured,
    verdict: verdict ?? 'not measured',
  }));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'summary.json'), `${JSON.stringify(plain, undefined, 2)}\n`);
  const machines = results.map((result) => `- ${result.group}: ${machineLine(result)}`);
  await writeFile(
    join(directory, 'summary.md'),
    ['# Goals', markdownRows(rows), 'Measured:', machines.join('\n'), ''].join('\n\n'),
  );
  return { results, rows };
};
