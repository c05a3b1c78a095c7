import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** A directory of its own to run the openssl command in. */
export class OpenSsl {
  private constructor(readonly directory: string) {}

  static async create(): Promise<OpenSsl> {
    return new OpenSsl(await mkdtemp(join(tmpdir(), 'x509-openssl-')));
  }

  run(...args: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) =>
      execFile('openssl', args, { cwd: this.directory, timeout: 15_000 }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
        resolve({ code, output: stderr + stdout });
      }),
    );
  }

  async write(name: string, content: string | Buffer): Promise<string> {
    await writeFile(join(this.directory, name), content);
    return name;
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}
