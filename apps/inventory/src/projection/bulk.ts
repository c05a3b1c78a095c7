import { Injectable, Logger } from '@nestjs/common';
import { Ledger, type RecordedEvent } from '@cartulary/ledger';
import { type Generation, Generations } from './generations.js';
import { isPassing, Projector } from './projector.js';

/** Events of one step: large enough that round trips don't count, small enough that requests come in between. */
const STEP = 2_500;
/** More than these say that the code is wrong, and not the events. */
const MOST_SKIPPED = 100;

export class TooManySkippedError extends Error {
  readonly code = 'PROJECTION_TOO_MANY_SKIPPED';
}

export interface Progressing {
  readonly position: number;
  readonly spent: number;
}

/** Fills a generation from the ledger, in big steps. */
@Injectable()
export class Bulk {
  readonly #logger = new Logger(Bulk.name);

  constructor(
    private readonly ledger: Ledger,
    private readonly projector: Projector,
    private readonly generations: Generations,
  ) {}

  /** Up to what the ledger's end is when it gets there; goes on where it, or another process, was interrupted. */
  async fill({ generation, ...from }: Generation, builder: string, signal: AbortSignal): Promise<Progressing> {
    const start = performance.now() - from.buildingMs;
    const spent = (): number => performance.now() - start;
    let { position } = from;
    let skipped = from.skipped.length;
    let next = this.#read(position);
    for (;;) {
      const events = await next;
      const last = events.at(-1);
      if (!last) return { position, spent: spent() };
      signal.throwIfAborted();
      // The next step is read while this one is written.
      next = this.#read(last.position);
      next.catch(() => undefined);
      const faulty = await this.#write(generation, events, { id: builder, spent: spent() });
      if (faulty.length > 0) await this.generations.skip(generation, faulty);
      skipped += faulty.length;
      if (skipped > MOST_SKIPPED) throw new TooManySkippedError(`${skipped} events could not be folded`);
      position = last.position;
    }
  }

  #read(after: number): Promise<RecordedEvent[]> {
    return this.ledger.readAll({ after, limit: STEP });
  }

  /** Gives the positions of events that can't be folded: halved until they stand alone. */
  async #write(
    generation: number,
    events: readonly RecordedEvent[],
    builder: { id: string; spent: number },
  ): Promise<number[]> {
    try {
      await this.projector.handle(generation, events, builder);
      return [];
    } catch (error) {
      if (isPassing(error)) throw error;
      const [first] = events;
      if (events.length === 1 && first) {
        this.#logger.error(`event ${first.position} can't be folded and is left out: ${String(error)}`);
        return [first.position];
      }
      const middle = Math.ceil(events.length / 2);
      const faulty = await this.#write(generation, events.slice(0, middle), builder);
      return [...faulty, ...(await this.#write(generation, events.slice(middle), builder))];
    }
  }
}
