import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Consumer } from '@cartulary/transport';
import { Generations } from './generations.js';

const LONGEST_WAIT_MS = 500;
const POLL_MS = 20;

type Source = Pick<Consumer, 'position' | 'active'>;

/** How far of the ledger the generation knows that is asked, whichever replica's consumer writes it. Never goes back. */
@Injectable()
export class Progress {
  #consumer: Source | undefined;
  #handled = 0;
  #moved = Promise.withResolvers<void>();

  constructor(private readonly generations: Generations) {}

  /** The consumer of the generation that is asked; undefined while none runs here. */
  attach(consumer: Source | undefined): void {
    if (consumer === this.#consumer) return;
    this.#handled = Math.max(this.#handled, this.#consumer?.position() ?? 0);
    this.#consumer = consumer;
  }

  /** Everything up to `position` is in the tables that are asked. */
  handled(position: number): void {
    this.#handled = Math.max(this.#handled, position);
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  /** The database is asked only where this process does not know it: another one may be writing. */
  async known(wanted = Infinity): Promise<number> {
    const here = Math.max(this.#handled, this.#consumer?.position() ?? 0);
    if (here >= wanted || (here > 0 && this.#consumer?.active())) return here;
    this.#handled = Math.max(here, await this.generations.position(), this.#handled);
    return this.#handled;
  }

  /** Waits until the projection knows `position`, not longer than half a second; gives how far it does. */
  async reach(position: number): Promise<number> {
    const late = AbortSignal.timeout(LONGEST_WAIT_MS);
    for (;;) {
      const moved = this.#moved.promise;
      const known = await this.known(position);
      if (known >= position || late.aborted) return known;
      await Promise.race([moved, sleep(POLL_MS)]);
    }
  }
}
