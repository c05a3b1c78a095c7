// From a fresh clone to something that runs: dependencies, the pinned Node, the build. Does only what is not done yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPinnedNode } from '../libs/runtime/pinned-node.mjs';
import { install, isInstalled } from './install.mjs';
import { exclusively } from './lock.mjs';
import { verifiedNode } from './runtime.mjs';
import { main, SetupError } from './setup-error.mjs';

export const root = resolve(fileURLToPath(import.meta.url), '../..');
const stampFile = join(root, 'node_modules', '.cache', 'cartulary-setup.json');

const say = (text) => process.stderr.write(`setup: ${text}\n`);
const sha256 = (content) => createHash('sha256').update(content).digest('hex');

const readStamp = () => {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return {};
  }
};
const writeStamp = (stamp) => {
  mkdirSync(join(stampFile, '..'), { recursive: true });
  writeFileSync(stampFile, JSON.stringify(stamp));
};

const packages = () =>
  ['libs', 'apps'].flatMap((group) =>
    readdirSync(join(root, group))
      .map((name) => join(root, group, name))
      .filter((directory) => existsSync(join(directory, 'tsconfig.json'))),
  );

const mark = (path) => {
  const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return `${path} ${size} ${mtimeMs}`;
};

// Names, sizes and times, not contents: it has to take milliseconds. tsc itself looks closer when these differ.
const sourcesMark = () => {
  const files = packages().flatMap((directory) => [
    join(directory, 'tsconfig.json'),
    join(directory, 'package.json'),
    ...readdirSync(join(directory, 'src'), { recursive: true })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
      .sort()
      .map((name) => join(directory, 'src', name)),
  ]);
  return sha256([join(root, 'tsconfig.json'), join(root, 'tsconfig.base.json'), ...files].map(mark).join('\n'));
};

const lockMark = () => sha256(readFileSync(join(root, 'package-lock.json')));
const nodeMark = () => mark(findPinnedNode() ?? 'none');
const built = () => packages().every((directory) => existsSync(join(directory, 'dist', '.tsbuildinfo')));

const dependenciesCurrent = (stamp) =>
  stamp.lock === lockMark() && stamp.node === nodeMark() && findPinnedNode() !== undefined;
const buildCurrent = (stamp) => stamp.sources === sourcesMark() && stamp.lock === lockMark() && built();

const build = (node) => {
  say('building');
  const sources = sourcesMark();
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(node, [tsc, '-b', '--pretty'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new SetupError('the build failed', 'What is wrong stands above.');
  return sources;
};

const assertStartable = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(
    `This is Node ${process.version}.`,
    'Node 20.19 or later is needed to start; it then installs and uses its own.',
  );
};

/** Brings everything up to date and gives the pinned Node's path. One at a time per clone; nothing to do takes < 0.3 s. */
export const setup = async ({ compile = true } = {}) => {
  assertStartable();
  const current = (stamp) => dependenciesCurrent(stamp) && (!compile || buildCurrent(stamp));
  if (current(readStamp())) return findPinnedNode();
  return exclusively(
    root,
    async () => {
      let stamp = readStamp();
      if (!dependenciesCurrent(stamp)) {
        if (!isInstalled(root)) await install(root, say);
        verifiedNode();
        stamp = { ...stamp, lock: lockMark(), node: nodeMark() };
        writeStamp(stamp);
      }
      const node = findPinnedNode();
      if (compile && !buildCurrent(stamp)) writeStamp({ ...stamp, sources: build(node) });
      return node;
    },
    say,
  );
};

/** The environment in which the project's own commands find the pinned Node first. */
export const environment = () => ({
  ...process.env,
  PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const node = await setup();
    say(`ready, on ${node}`);
  });
}
