import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findPinnedNode, pinned } from '../libs/runtime/pinned-node.mjs';
import { SetupError } from './setup-error.mjs';

const remedy =
  'Remove node_modules and run `npm run setup` again; npm must be allowed to run the scripts of the package `node`.';

/**
 * The pinned Node's binary, checked: npm's lockfile does not pin it (the package `node` fetches it when installed), so
 * its version is asked and, where the sum is known, its contents are compared.
 */
export const verifiedNode = () => {
  const node = findPinnedNode();
  if (node === undefined) throw new SetupError(`Node ${pinned.version} is not installed in node_modules.`, remedy);
  let version;
  try {
    version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  } catch (error) {
    throw new SetupError(`${node} does not run: ${error.message}`, remedy);
  }
  if (version !== `v${pinned.version}`) throw new SetupError(`${node} is ${version}, not v${pinned.version}.`, remedy);
  const expected = pinned.sha256[`${process.platform}-${process.arch}`];
  const actual = expected && createHash('sha256').update(readFileSync(node)).digest('hex');
  if (actual !== expected) throw new SetupError(`${node} is not the published binary (SHA-256 ${actual}).`, remedy);
  return node;
};
