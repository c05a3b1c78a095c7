import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './setup-error.mjs';

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Whether what npm installed is what package-lock.json asks for, by npm's own note of what it installed. */
export const isInstalled = (root) => {
  const noted = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(noted)) return false;
  const wanted = Object.entries(readJson(join(root, 'package-lock.json')).packages);
  const { packages: present } = readJson(noted);
  return wanted.every(
    ([path, { version, integrity, optional, link }]) =>
      !path.startsWith('node_modules/') ||
      optional === true ||
      (present[path] !== undefined &&
        (link === true || (present[path].version === version && present[path].integrity === integrity))),
  );
};

// `npm ci` deletes node_modules first, so neither npm nor the Node that runs it may come from there.
const outside = (path) =>
  path
    .split(delimiter)
    .filter((entry) => !entry.includes('node_modules'))
    .join(delimiter);

const offline = /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|ECONNREFUSED|ECONNRESET|network/;

export const install = async (root, say) => {
  say('installing the dependencies (npm ci)');
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/i.test(name)));
  const args = ['ci', '--no-fund', '--no-audit', '--loglevel=error'];
  const child = spawn('npm', args, {
    cwd: root,
    env: { ...env, PATH: outside(process.env.PATH ?? '') },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const start = performance.now();
  const progress = setInterval(
    () => say(`still installing, ${Math.round((performance.now() - start) / 1_000)} s`),
    10_000,
  );
  const code = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', resolve);
  });
  clearInterval(progress);
  if (code === 0) return;
  const remedy = offline.test(output)
    ? 'The package registry cannot be reached. With a filled npm cache run `npm ci --offline`; else run `npm ci` where there is a network (same platform) and copy node_modules here.'
    : 'Run `npm ci` by hand to see all of what it says.';
  throw new SetupError(`npm ci failed (${code}):\n${output.trim().split('\n').slice(-15).join('\n')}`, remedy);
};
