import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { LedgerUnavailableError } from '@cartulary/ledger';
import { every } from '@cartulary/runtime';
import { Bulk, TooManySkippedError } from './bulk.js';
import { Comparisons } from './comparison.js';
import { type Generation, Generations } from './generations.js';

const CLAIM_MS = 4_000;
const POLL_MS = 50;
/** The new generation's consumer has this long to get going before nobody waits for it any more. */
const CONSUMER_MS = 10_000;

/** The new generation's consumer, as this process sees it. */
export interface Feed {
  wake(): void;
  active(generation: number): boolean;
}

/** Builds the next generation, from the beginning or from where it was left, until it is asked. */
@Injectable()
export class Build {
  readonly #logger = new Logger(Build.name);

  constructor(
    private readonly generations: Generations,
    private readonly bulk: Bulk,
    private readonly comparisons: Comparisons,
  ) {}

  /** Resolves when it is done, or has failed for good; rejects when another process, or this one later, has to go on. */
  async run(next: Generation, builder: string, feed: Feed, stopping: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([stopping, lost.signal]);
    const onError = (error: unknown): void => this.#logger.warn(`building: ${String(error)}`);
    const claiming = every(
      CLAIM_MS,
      async () => {
        if (!(await this.generations.claim(next.generation, builder))) lost.abort(new Error('another process builds'));
      },
      { onError },
    );
    try {
      if (next.status === 'building') await this.#fill(next, builder, signal);
      feed.wake();
      await this.#switch(next.generation, feed, signal);
    } catch (error) {
      if (!(error instanceof TooManySkippedError)) throw error;
      this.#logger.error(`generation ${next.generation} is given up: ${error.message}`);
      await this.generations.fail(next.generation, error.message);
    } finally {
      await claiming.stop();
    }
  }

  async #fill(next: Generation, builder: string, signal: AbortSignal): Promise<void> {
    const { generation } = next;
    this.#logger.log(`generation ${generation} is built from position ${next.position}`);
    const filled = await this.bulk.fill(next, builder, signal);
    await this.generations.index(generation);
    // What came while the indexes were made.
    const { position, spent } = await this.bulk.fill(
      { ...next, position: filled.position, buildingMs: filled.spent },
      builder,
      signal,
    );
    await this.generations.follow(generation, builder);
    const perSecond = Math.round(((position - next.position) / Math.max(1, spent - next.buildingMs)) * 1_000);
    this.#logger.log(
      `generation ${generation} is built up to position ${position}: ${position - next.position} events, ${perSecond}/s`,
    );
  }

  async #switch(generation: number, feed: Feed, signal: AbortSignal): Promise<void> {
    const since = performance.now();
    for (;;) {
      signal.throwIfAborted();
      const current = await this.generations.current();
      const next = current.find((each) => each.generation === generation);
      const active = current.find(({ status }) => status === 'active');
      if (!next || !active || next.status !== 'following') return;
      const fed = feed.active(generation) || next.position > next.builtTo;
      if (fed || performance.now() - since > CONSUMER_MS) {
        if (!next.comparison) await this.#compare(next, active);
        if (next.position >= active.position && (await this.#tried(generation))) {
          this.#logger.log(`generation ${generation} is asked from now on, generation ${active.generation} no more`);
          return;
        }
      }
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  async #compare(next: Generation, active: Generation): Promise<void> {
    const position = Math.min(next.position, active.position);
    const comparison = await this.comparisons.compare(next.generation, active.generation, position);
    await this.generations.compared(next.generation, comparison);
    const rows = comparison.tables
      .map(({ table, rows, previousRows }) => `${table} ${rows}/${previousRows}`)
      .join(', ');
    const text = `generations ${next.generation} and ${active.generation} at position ${position}: ${rows}`;
    if (comparison.same) this.#logger.log(`${text}, the same content`);
    // The ledger is right: what was built from it takes over all the same.
    else this.#logger.warn(`${text}, contents differ`);
  }

  /** Somebody may read for longer than we want to hold up everybody else. */
  async #tried(generation: number): Promise<boolean> {
    try {
      return await this.generations.switchTo(generation);
    } catch (error) {
      if (error instanceof LedgerUnavailableError) return false;
      throw error;
    }
  }
}
