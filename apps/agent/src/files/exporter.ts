import { backoff, type Clock } from '@cartulary/runtime';
import { FileExportError } from './errors.js';
import type { FileExport } from './file-export.js';
import type { FileSet } from './file-set.js';
import { reload } from './reload.js';
import { VersionedDirectory } from './versioned-directory.js';

/** What should be there: a set, nothing (it was taken away), or what is there now (undefined). */
export type Wanted = { readonly version: string; render(): FileSet } | 'nothing' | undefined;

export interface ExporterOptions {
  readonly clock: Clock;
  wanted(): Wanted;
  onDone(step: 'write' | 'reload' | 'remove'): void;
  /** With the number of failures in a row. */
  onFailure(error: FileExportError, failures: number): void;
}

/** A burst of revocations is one reload, not one for each: nginx has old workers for a while after every one. */
const PAUSE_MS = 250;
const FIRST_RETRY_MS = 1_000;

/** Keeps one directory as it should be, and its reader told; one thing after the other. */
export class Exporter {
  readonly #directory: VersionedDirectory;
  readonly #stop = new AbortController();
  readonly #retry = backoff({ minMs: FIRST_RETRY_MS, maxMs: 60_000, jitter: 0.5 });
  #written: string | undefined;
  #reloaded: string | undefined;
  /** Of the set that was tried last. */
  #tried: string | undefined;
  #failures = 0;
  #behindSince: Date | undefined;
  #woken: (() => void) | undefined;
  #news = false;
  #running: Promise<void> | undefined;

  constructor(
    readonly given: FileExport,
    private readonly options: ExporterOptions,
  ) {
    this.#directory = new VersionedDirectory(given);
  }

  /** Since when files or their reader have not been what they should be. */
  get behindSince(): Date | undefined {
    return this.#behindSince;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something may have changed. */
  tell(): void {
    this.#news = true;
    this.#woken?.();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#woken?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#written = await this.#directory.version();
    while (!this.#stop.signal.aborted) {
      this.#news = false;
      const wanted = this.options.wanted();
      if (!this.#isDue(wanted)) {
        this.#behindSince = undefined;
        if (!this.#news) await this.#sleep();
        continue;
      }
      this.#behindSince ??= this.options.clock.now();
      const pause = (await this.#attempt(wanted)) ? PAUSE_MS : this.#retry.next();
      await this.#sleepAtLeast(pause);
    }
  }

  #isDue(wanted: Wanted): wanted is Exclude<Wanted, undefined> {
    if (wanted === undefined) return false;
    if (wanted === 'nothing') return this.#written !== undefined;
    return this.#reloaded !== wanted.version;
  }

  async #attempt(wanted: Exclude<Wanted, undefined>): Promise<boolean> {
    try {
      if (wanted === 'nothing') await this.#remove();
      else await this.#replace(wanted);
      this.#failures = 0;
      this.#retry.reset();
      return true;
    } catch (error) {
      if (this.#stop.signal.aborted) return false;
      this.#failures += 1;
      const known = error instanceof FileExportError;
      // One directory's trouble, whatever it is, must not end the agent.
      const failure = known ? error : new FileExportError('EXPORT_WRITE_FAILED', String(error), { cause: error });
      this.options.onFailure(failure, this.#failures);
      return false;
    }
  }

  async #replace({ version, render }: Exclude<Wanted, undefined | 'nothing'>): Promise<void> {
    this.#tried = version;
    if (this.#written !== version) {
      await this.#directory.write(render());
      this.#written = version;
      this.options.onDone('write');
    }
    await reload(this.given, this.#stop.signal);
    this.#reloaded = version;
    if (this.given.reload) this.options.onDone('reload');
  }

  async #remove(): Promise<void> {
    this.#tried = undefined;
    await this.#directory.remove();
    this.#written = undefined;
    this.#reloaded = undefined;
    this.options.onDone('remove');
  }

  /** Until the time has passed; no longer than the shortest pause where there is another set to be tried. */
  async #sleepAtLeast(ms: number): Promise<void> {
    const until = performance.now() + ms;
    const soonest = performance.now() + Math.min(ms, PAUSE_MS);
    for (;;) {
      const now = performance.now();
      if (this.#stop.signal.aborted || now >= until || (now >= soonest && this.#hasAnother())) return;
      await this.#sleep(this.#hasAnother() ? soonest - now : until - now);
    }
  }

  #hasAnother(): boolean {
    const wanted = this.options.wanted();
    if (wanted === undefined) return false;
    return (wanted === 'nothing' ? undefined : wanted.version) !== this.#tried;
  }

  /** Until there is news, or the time has passed. */
  #sleep(ms?: number): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#woken = undefined;
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      this.#woken = done;
    });
  }
}
