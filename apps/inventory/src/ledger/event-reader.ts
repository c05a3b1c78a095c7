import { Injectable } from '@nestjs/common';
import { Ledger, type Position, type RecordedEvent } from '@cartulary/ledger';
import type { EventFilter, EventPage } from './event-filter.js';

const WINDOW = 5_000;
const LONGEST_SEARCH_MS = 2_000;

/** Pages of the ledger. A page may be short of its limit, and empty, before the end: `next` goes on from there. */
@Injectable()
export class EventReader {
  constructor(private readonly ledger: Ledger) {}

  /** `head` is a position that the ledger had before: everything up to it is behind `next` when nothing stopped us. */
  async read(after: Position, filter: EventFilter, limit: number, head: Position): Promise<EventPage> {
    const { stream, type } = filter;
    if (type !== undefined && stream === undefined) return this.#search(after, type, limit);
    const types = type === undefined ? {} : { types: [type] };
    const events = await this.ledger.readAll({ after, limit, ...types, ...(stream === undefined ? {} : { stream }) });
    const last = events.at(-1)?.position ?? after;
    return { events, next: events.length < limit ? Math.max(last, head) : last };
  }

  /** A rare type may be millions of events away: looked for window by window, for a bounded time. */
  async #search(after: Position, type: string, limit: number): Promise<EventPage> {
    const found: RecordedEvent[] = [];
    let next = after;
    const search = { after, types: [type], batchSize: WINDOW, signal: AbortSignal.timeout(LONGEST_SEARCH_MS) };
    for await (const { events, position, caughtUp } of this.ledger.follow(search)) {
      found.push(...events.slice(0, limit - found.length));
      next = found.length < limit ? position : (found.at(-1)?.position ?? position);
      if (caughtUp || found.length >= limit) break;
    }
    return { events: found, next };
  }
}
