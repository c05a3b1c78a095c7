import type { LedgerEvent } from '@cartulary/contracts';
import type { CartularyClient } from './cartulary-client.js';

export interface FollowEventsOptions {
  /** Events behind this position. */
  readonly after: number;
  readonly stream?: string;
  readonly type?: string;
  /** Ends the iteration without an error. */
  readonly signal?: AbortSignal;
}

const WAIT_SECONDS = 20;

/** Every event after a position, in order, as they come; the end is the signal's. */
export async function* followEvents(
  client: Pick<CartularyClient, 'listEvents'>,
  { after, stream, type, signal }: FollowEventsOptions,
): AsyncGenerator<LedgerEvent> {
  let position = after;
  while (!signal?.aborted) {
    const query = { after: position, limit: 1000, wait: WAIT_SECONDS, ...(stream ? { stream } : {}) };
    try {
      const page = await client.listEvents({
        query: { ...query, ...(type ? { type } : {}) },
        timeout: (WAIT_SECONDS + 15) * 1_000,
        ...(signal ? { signal } : {}),
      });
      yield* page.events;
      position = page.next;
    } catch (error) {
      if (signal?.aborted) return;
      throw error;
    }
  }
}
