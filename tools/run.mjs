import { spawn } from 'node:child_process';
import { root } from './setup.mjs';

/** Runs a program to its end with this one's output and no input; its exit code, or the signal that ended it. */
export const run = (command, args, env = process.env) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const stop = () => child.kill('SIGTERM');
    process.once('SIGTERM', stop);
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => {
      process.off('SIGTERM', stop);
      resolve(code ?? signal);
    });
  });
