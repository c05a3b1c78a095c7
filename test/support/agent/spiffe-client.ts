import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { installed } from '../judges/installed.js';

/** What a workload of somebody else's has got. */
export interface Said {
  readonly SpiffeId: string;
  readonly Serial: string;
  /** Certificates with it, itself included. */
  readonly Chain: number;
  readonly Anchors: number;
  /** Why it got none. */
  readonly Exception?: string;
}

const programs = {
  'go-spiffe': () => ({ command: installed('goSpiffe'), args: [] as string[] }),
  'py-spiffe': () => ({
    command: installed('python'),
    args: [fileURLToPath(new URL('spiffe_lines.py', import.meta.url))],
  }),
  'java-spiffe': () => {
    const classes = installed('javaSpiffe');
    return { command: 'java', args: ['-Xshare:auto', '-Xmx128m', '-cp', `${classes}:${classes}/lib/*`, 'SpiffeLines'] };
  },
} as const;
export const spiffeClients = Object.keys(programs) as (keyof typeof programs)[];

/** A program that holds an X509Source open and tells each change. Ended by pid. */
export class SpiffeClient {
  readonly #lines: AsyncIterator<string>;

  private constructor(private readonly child: ChildProcessByStdio<null, Readable, null>) {
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static start(name: keyof typeof programs, socket: string): SpiffeClient {
    const { command, args } = programs[name]();
    const env = { ...process.env, SPIFFE_ENDPOINT_SOCKET: `unix://${socket}` };
    return new SpiffeClient(spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] }));
  }

  async next(): Promise<Said> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`${this.child.spawnfile} ended`);
    return JSON.parse(value) as Said;
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
