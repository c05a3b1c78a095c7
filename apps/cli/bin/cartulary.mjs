#!/usr/bin/env node
// Runs on any Node that can read this file: the command itself wants the pinned Node 24, and is started again on it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIRED = 24;
const fail = (message, hint) => {
  process.stderr.write(`cartulary: ${message}\n  → ${hint}\n`);
  process.exit(1);
};

const pinnedNode = () => {
  try {
    const directory = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const binary = join(directory, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
};

if (Number(process.versions.node.split('.')[0]) === REQUIRED) {
  // The service would take it for a key of its configuration.
  delete process.env.CARTULARY_REEXECUTED;
  const main = new URL('../dist/main.js', import.meta.url);
  if (!existsSync(fileURLToPath(main))) fail('it has not been built', 'Run `npm start` or `npm run build` first.');
  await import(main.href);
} else {
  const binary = pinnedNode();
  if (!binary || process.env.CARTULARY_REEXECUTED) {
    fail(`it needs Node ${REQUIRED}, this is ${process.version}`, 'Run `npm ci`: it brings the right Node along.');
  }
  const env = { ...process.env, CARTULARY_REEXECUTED: '1' };
  const child = spawn(binary, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit', env });
  // The terminal signals the whole group itself; what is sent to this process alone is passed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${binary} does not start: ${error.message}`, 'Run `npm ci` again.'));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
