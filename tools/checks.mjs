import { join } from 'node:path';
import { run } from './run.mjs';
import { environment, root } from './setup.mjs';

const bin = (...path) => join(root, 'node_modules', ...path);

/** What is checked without running anything of ours; each counts as one. */
const checks = {
  lint: [
    ['eslint', [bin('eslint', 'bin', 'eslint.js'), '.']],
    ['prettier', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.']],
    [
      'dependency rules',
      [
        bin('dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
        ...['apps', 'libs', 'test', 'bench', '--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
      ],
    ],
  ],
  types: [['types', [bin('typescript', 'bin', 'tsc'), '-p', 'tsconfig.spec.json', '--pretty']]],
};

export const isCheck = (suite) => Object.hasOwn(checks, suite);

export const runChecks = async (node, suite) => {
  const codes = await Promise.all(checks[suite].map(([, args]) => run(node, args, environment())));
  const broken = checks[suite].filter((_, index) => codes[index] !== 0).map(([name]) => name);
  const note = broken.length === 0 ? undefined : `broken: ${broken.join(', ')}`;
  return { passed: checks[suite].length - broken.length, failed: broken.length, note };
};
