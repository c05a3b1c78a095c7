import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Logger } from '@nestjs/common';
import { type Clock, every, type Metrics, type Repetition } from '@cartulary/runtime';
import type { FoldedEvent, ResponderState } from '../fold/responder-state.js';
import { UnreadableSnapshotError } from './block-file.js';
import { Journal } from './journal.js';
import { readSnapshot, writeSnapshot } from './snapshot-file.js';

export interface SnapshotOptions {
  /** Of the file. */
  readonly path: string;
  readonly trustDomain: string;
  /** Milliseconds between two. */
  readonly interval: number;
}

/**
 * The state on local disk, for a start while everything else is down: a snapshot now and then, and beside it a journal of
 * what has been folded since.
 */
export class Snapshots {
  readonly #logger = new Logger(Snapshots.name);
  readonly #size;
  readonly #duration;
  readonly #failures;
  readonly #discarded;
  readonly #journal: Journal | undefined;
  #repetition: Repetition | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    /** Undefined: none are kept. */
    private readonly options: SnapshotOptions | undefined,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#journal = options && new Journal(options.path);
    this.#size = metrics.gauge('responder_snapshot_bytes', { help: 'Size of the last snapshot' });
    this.#duration = metrics.gauge('responder_snapshot_seconds', { help: 'What the last snapshot took to write' });
    this.#failures = metrics.counter('responder_snapshot_failures_total', { help: 'Snapshots that were not written' });
    this.#discarded = metrics.counter('responder_snapshots_discarded_total', {
      help: 'Snapshots that were found and not used: damaged, of another format or of another trust domain',
    });
  }

  /** Into a state that has folded nothing; false: there is none that can be used. Never throws. */
  async restore(state: ResponderState): Promise<boolean> {
    if (!this.options) return false;
    const { path, trustDomain } = this.options;
    const journal = this.#journal!;
    try {
      await removeTorn(path);
      const read = await readSnapshot(path, trustDomain);
      if (!read) {
        await journal.forget();
        return false;
      }
      const { dump, pages } = read;
      const now = this.clock.now();
      const { events, asOf = dump.asOf } = await journal.read(dump.position);
      state.restore(dump, pages, now);
      state.fold(events, now);
      // Our clock may have been set back: we can't vouch for a time that we have not seen.
      state.refresh(asOf < now ? asOf : now);
      this.#noting(() => journal.begin(state.position));
      this.noteFreshness(asOf);
      const known = `${state.statuses.size} certificates at position ${dump.position}`;
      this.#logger.log(`from the snapshot: ${known}, ${events.length} events since, as of ${asOf.toISOString()}`);
      return true;
    } catch (error) {
      this.#discarded.inc();
      const why = error instanceof UnreadableSnapshotError ? error.message : String(error);
      this.#logger.warn(`the snapshot ${path} is not used: ${why}`);
      await journal.forget().catch((failure: unknown) => this.#failed(failure));
      return false;
    }
  }

  /** To be called before they are folded. */
  note(events: readonly FoldedEvent[]): void {
    this.#noting(() => this.#journal?.note(events));
  }

  noteFreshness(asOf: Date): void {
    this.#noting(() => this.#journal?.noteFreshness(asOf));
  }

  /** From now on. */
  start(state: ResponderState): void {
    if (!this.options) return;
    const { interval } = this.options;
    this.#repetition ??= every(interval, () => this.write(state), { onError: (error) => this.#failed(error) });
  }

  /** Resolves when it has its place on disk; one after another. */
  write(state: ResponderState): Promise<void> {
    if (!this.options) return Promise.resolve();
    const { path, trustDomain } = this.options;
    const writing = this.#writing.then(async () => {
      await state.crls.settled();
      const dump = state.dump();
      if (!dump) return;
      const from = performance.now();
      // In the same turn as the dump: what is folded from now on is not in it.
      this.#noting(() => this.#journal?.begin(dump.position));
      this.#size.set(await writeSnapshot(path, dump, trustDomain));
      await this.#journal?.forget();
      this.#duration.set((performance.now() - from) / 1_000);
    });
    this.#writing = writing.catch(() => undefined);
    return writing;
  }

  /** With a last one. */
  async stop(state: ResponderState): Promise<void> {
    await this.#repetition?.stop();
    await this.write(state).catch((error: unknown) => this.#failed(error));
    this.#journal?.close();
  }

  /** A full disk must not keep a revocation from being answered. */
  #noting(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#failures.inc();
    this.#logger.error(`no snapshot was written: ${String(error)}`);
  }
}

/** What a crash has left half-written. */
const removeTorn = async (path: string): Promise<void> => {
  const directory = dirname(path);
  const names = await readdir(directory).catch((): string[] => []);
  const torn = names.filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.tmp'));
  await Promise.all(torn.map((name) => rm(join(directory, name), { force: true })));
};
