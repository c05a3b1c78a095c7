import { availableParallelism, tmpdir } from 'node:os';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { environment, root } from './setup.mjs';

const below = (folder, suffix) => {
  try {
    return readdirSync(join(root, folder), { recursive: true }).some(
      (name) => name.endsWith(suffix) && !name.includes('node_modules'),
    );
  } catch {
    return false;
  }
};

/** Whether anybody has written a test for the suite (a Vitest project) yet. */
export const hasTests = (suite) =>
  suite === 'unit' || suite === 'int'
    ? ['libs', 'apps'].some((group) => below(group, `.${suite}.spec.ts`))
    : below(join('test', suite), '.spec.ts');

/**
 * Passed and failed of Vitest's JSON report. Whatever did not pass has failed: skipped, pending and to-do tests too, and
 * a file that could not even be loaded counts as one.
 */
export const countReport = (report) => {
  let passed = 0;
  let failed = 0;
  for (const { status, assertionResults } of report.testResults) {
    const good = assertionResults.filter((test) => test.status === 'passed').length;
    passed += good;
    failed += assertionResults.length - good;
    if (status !== 'passed' && good === assertionResults.length) failed += 1;
  }
  return { passed, failed };
};

/** Files at once, where more than one is sound; tests of the later ones mostly wait for servers. */
const workers = { unit: Math.max(2, availableParallelism()), int: 3, e2e: 3, interop: 2 };

/** Runs one suite, shows what it says and counts. */
export const runSuite = async (node, suite, filters, env) => {
  const directory = mkdtempSync(join(tmpdir(), 'cartulary-report-'));
  const file = join(directory, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const width = suite in workers ? [`--maxWorkers=${workers[suite]}`] : [];
    const code = await run(node, [vitest, 'run', '--project', suite, ...width, ...reporters, ...filters], {
      ...environment(),
      ...env,
      // Vitest colours each dot for itself, which makes a log of them unreadable.
      ...(process.stdout.isTTY === true ? {} : { NO_COLOR: '1' }),
    });
    const counts = countReport(JSON.parse(readFileSync(file, 'utf8')));
    if (counts.passed + counts.failed === 0) return { ...counts, failed: 1, note: 'executed no test' };
    // An error outside of every test, such as one thrown after the last of them.
    if (code !== 0 && counts.failed === 0) return { ...counts, failed: 1, note: `Vitest exited with ${code}` };
    return counts;
  } catch (error) {
    return { passed: 0, failed: 1, note: `no report: ${error.message}` };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
