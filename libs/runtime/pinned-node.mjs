// Finds the Node that this project pins as the npm package `node`, and runs things on it. Plain JavaScript without
// dependencies, since it has to work on whatever Node it is started with (20.19 or later) and before any build.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

export const pinned = JSON.parse(readFileSync(new URL('./pinned-node.json', import.meta.url), 'utf8'));

/** The path of the pinned Node's binary; undefined when it is not installed. */
export const findPinnedNode = () => {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Runs a program as if it were this one: same terminal, signals passed on, its exit code (128 + n after signal n).
 * The channel between the two lets the child notice when this process is killed outright.
 */
export const runAs = (command, args, env = process.env) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
    // A terminal sends Ctrl-C to both of us already, and a second one means "at once".
    const forward = (signal) => () => (signal === 'SIGINT' && process.stdin.isTTY === true) || child.kill(signal);
    const handlers = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => [signal, forward(signal)]);
    for (const [signal, handler] of handlers) process.on(signal, handler);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });

/**
 * For an entry point's first line: when this is not the pinned Node but that one is installed, runs `script` with this
 * process's arguments on it and exits as it does. Returns when the right one is running already, or none is installed
 * (assertRuntime then says what to do).
 */
export const continueOnPinnedNode = async (script) => {
  const node = findPinnedNode();
  if (process.version === `v${pinned.version}` || node === undefined) return;
  process.exit(await runAs(node, [...process.execArgv, script, ...process.argv.slice(2)]));
};
