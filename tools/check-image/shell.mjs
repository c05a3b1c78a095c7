import { spawn } from 'node:child_process';

/** Runs a command; its output unless it fails, which throws. */
export const run = (command, args, { env = process.env, cwd, quiet = true, timeout = 900_000 } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, timeout, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (!quiet) process.stderr.write(chunk);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else
        reject(
          Object.assign(new Error(`${command} ${args.join(' ')} ended with ${code}\n${output.slice(-4_000)}`), {
            code,
            output,
          }),
        );
    });
  });

export const quoted = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;
