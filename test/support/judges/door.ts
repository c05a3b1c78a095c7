import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exhibit, Verdict } from './judge.js';

export interface DoorProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 30_000;

/** A TLS server of somebody else's, which lets clients in by their certificates. Ended by pid. */
export class Door {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
    private readonly root: string,
  ) {}

  /** Starts it and waits until it listens; its output is in `log` in its directory. */
  static async open({ command, args, directory, port, env }: DoorProgram, root: string): Promise<Door> {
    const child = spawn(command, args, { cwd: directory, env: { ...process.env, ...env }, stdio: 'pipe' });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const door = new Door(child, port, root);
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await door.#listens())) {
      if (!door.#running || performance.now() > deadline) {
        await door.close();
        const log = await readFile(join(directory, 'log'), 'utf8').catch(() => '');
        throw new Error(`${command} did not start: ${said}${log}`);
      }
      await sleep(20);
    }
    return door;
  }

  /** One request over a connection of its own. What a client sees of a refusal is little. */
  knock({ keyPem, certificate, chain }: Exhibit): Promise<Verdict> {
    return new Promise((resolve) => {
      const tls = { key: keyPem, cert: certificate + chain, ca: this.root, servername: 'localhost' };
      const outgoing = request({ ...tls, host: '127.0.0.1', port: this.port, agent: false }, (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
        answer.on('end', () => {
          const [title = body.trim()] = /(?<=<title>)[^<]*/.exec(body) ?? [];
          resolve({ accepted: answer.statusCode === 200, said: `HTTP ${answer.statusCode}, ${title}` });
        });
      });
      outgoing.setTimeout(PATIENCE_MS, () => outgoing.destroy(new Error('no answer')));
      outgoing.on('error', (error: NodeJS.ErrnoException) => resolve({ accepted: false, said: sayError(error) })).end();
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async close(): Promise<void> {
    if (!this.#running) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await exited.finally(() => clearTimeout(timer));
  }

  get #running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: this.port });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  }
}

// With TLS 1.3 the client hears of a refusal after its own handshake: as an alert, or as the end of the connection.
const sayError = ({ code, message }: NodeJS.ErrnoException): string => {
  const [, alert] = /SSL alert number (\d+)/.exec(message) ?? [];
  if (alert !== undefined) return `TLS alert ${alert}`;
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'connection closed' : message;
};
