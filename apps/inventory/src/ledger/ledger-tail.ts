import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Ledger, type RecordedEvent } from '@cartulary/ledger';
import { type EventFilter, matches } from './event-filter.js';

export interface Watch {
  /** Resolves when a matching event has come, the time is over, or the process ends. */
  seen(ms: number): Promise<void>;
  end(): void;
}

type Watcher = (events: readonly RecordedEvent[]) => void;

/** Wakes requests that wait for events. All of them share one follower, so waiting costs the database nothing. */
@Injectable()
export class LedgerTail implements BeforeApplicationShutdown {
  readonly #watchers = new Set<Watcher>();
  readonly #stopping = new AbortController();
  #started: Promise<void> | undefined;

  constructor(private readonly ledger: Ledger) {}

  /** Once it resolves, no event that is appended from now on is missed: read what is there only after. */
  async watch(filter: EventFilter): Promise<Watch> {
    const came = Promise.withResolvers<void>();
    const watcher: Watcher = (events) => {
      if (events.some((event) => matches(filter, event))) came.resolve();
    };
    await (this.#started ??= this.#start());
    this.#watchers.add(watcher);
    return {
      seen: async (ms) => {
        const over = new AbortController();
        const signal = AbortSignal.any([over.signal, this.#stopping.signal]);
        await Promise.race([came.promise, sleep(ms, undefined, { signal }).catch(() => undefined)]);
        over.abort();
      },
      end: () => void this.#watchers.delete(watcher),
    };
  }

  // Before the server closes: it waits for the requests that wait here.
  beforeApplicationShutdown(): void {
    this.#stopping.abort();
  }

  async #start(): Promise<void> {
    try {
      const { position } = await this.ledger.head();
      const ended = (): void => (this.#started = undefined);
      this.#run(position).then(ended, ended);
    } catch (error) {
      this.#started = undefined;
      throw error;
    }
  }

  async #run(after: number): Promise<void> {
    for await (const { events } of this.ledger.follow({ after, signal: this.#stopping.signal })) {
      for (const watcher of this.#watchers) watcher(events);
    }
  }
}
