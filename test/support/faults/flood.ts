import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FloodOrder, FloodSaid } from './flood.worker.js';
import { residentMiB } from './raw-http.js';

const worker = fileURLToPath(new URL('./flood.worker.ts', import.meta.url));
const MOST = 10_000;
const OWN_FILES = 200;
/** Who owns nothing. */
export const NOBODY = 65_534;

/** 10 000, or as many as a process may have open here. */
export const floodSize = (): number => {
  const [, hard = ''] = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return Math.min(MOST, (Number(hard) || MOST + OWN_FILES) - OWN_FILES);
};

/** Many connections at once, from a process of their own. Ended by pid. */
export class Flood {
  #said: FloodSaid = { connected: 0, closed: 0, done: false };

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (said: FloodSaid) => (this.#said = said));
  }

  static start(order: FloodOrder): Flood {
    const child = spawn(process.execPath, [worker], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.send(order);
    return new Flood(child);
  }

  get said(): FloodSaid {
    return this.#said;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

/** Resident memory of a process while something goes on, MiB. */
export class MemoryWatch {
  readonly before: number;
  #peak: number;
  readonly #timer;

  constructor(private readonly pid: number) {
    this.before = this.#peak = residentMiB(pid);
    this.#timer = setInterval(() => (this.#peak = Math.max(this.#peak, residentMiB(pid))), 50);
  }

  /** Ends it. */
  figures(): { readonly before: number; readonly peak: number; readonly after: number } {
    clearInterval(this.#timer);
    const after = residentMiB(this.pid);
    return { before: this.before, peak: Math.max(this.#peak, after), after };
  }
}
