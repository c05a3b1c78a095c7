// `npm test [suite …] [-- filters of files]`: every check and every test, counted on the last line.
import { isCheck, runChecks } from './checks.mjs';
import { ensureCounterparts } from './counterparts.mjs';
import { setup } from './setup.mjs';
import { main } from './setup-error.mjs';
import { hasTests, runSuite } from './vitest.mjs';

const usual = ['lint', 'types', 'unit', 'int', 'e2e', 'interop'];
const known = [...usual, 'judges', 'kubernetes', 'faults', 'fuzz'];
/** Suites that start the built programs. */
const onBuilt = ['e2e', 'interop', 'judges', 'kubernetes', 'faults', 'fuzz'];

const say = (text) => process.stdout.write(`${text}\n`);

const chosen = (args) => {
  const full = args[0] === 'full';
  const words = full ? args.slice(1) : args;
  const end = words.findIndex((word) => !known.includes(word));
  const named = end === -1 ? words : words.slice(0, end);
  const filters = end === -1 ? [] : words.slice(end).filter((word) => word !== '--');
  return { full, named, suites: named.length > 0 ? named : full ? known : usual, filters };
};

const execute = async (node, suite, filters, env) => {
  if (isCheck(suite)) return runChecks(node, suite);
  const missing = ensureCounterparts(suite, say);
  if (missing.length > 0) return { passed: 0, failed: missing.length, note: missing.join('; ') };
  return runSuite(node, suite, filters, env);
};

await main(async () => {
  const { full, named, suites, filters } = chosen(process.argv.slice(2));
  const node = await setup({ compile: suites.some((suite) => onBuilt.includes(suite) && hasTests(suite)) });
  const env = full ? { CARTULARY_FULL: '1' } : {};
  const results = [];
  for (const suite of suites) {
    if (!isCheck(suite) && !hasTests(suite)) {
      results.push({ suite, passed: 0, failed: named.includes(suite) ? 1 : 0, note: 'no tests yet' });
      continue;
    }
    say(`\n── ${suite}`);
    const start = performance.now();
    const counts = await execute(node, suite, filters, env);
    results.push({ suite, ...counts, seconds: Math.round((performance.now() - start) / 1_000) });
  }
  say('');
  for (const { suite, passed, failed, seconds = 0, note } of results) {
    const marks = `${suite.padEnd(8)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed`;
    say(`${marks} ${String(seconds).padStart(5)} s${note === undefined ? '' : `  ${note}`}`);
  }
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  say(`${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;
});
