import type { LedgerEvent } from '@cartulary/contracts';
import { describe, expect, it } from 'vitest';
import type { CartularyClient } from './cartulary-client.js';
import { followEvents } from './follow-events.js';

type ListEvents = CartularyClient['listEvents'];
const event = (position: number): LedgerEvent => ({ position }) as LedgerEvent;

/** A ledger of `count` events that gives two at a time, and nothing but an abort after the last. */
const ledger = (count: number, asked: unknown[]): { listEvents: ListEvents } => ({
  listEvents: async (args) => {
    const { query = {}, signal } = args ?? {};
    asked.push(query);
    const { after = 0 } = query;
    if (after >= count) {
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
    }
    const events = [after + 1, after + 2].filter((position) => position <= count).map(event);
    return { events, next: after + events.length, position: count };
  },
});

describe('followEvents', () => {
  it('gives every event once, from where it was told, until it is stopped', async () => {
    const asked: unknown[] = [];
    const stop = new AbortController();
    const positions: number[] = [];
    for await (const { position } of followEvents(ledger(5, asked), {
      after: 1,
      type: 'KeyBlocked',
      signal: stop.signal,
    })) {
      positions.push(position);
      if (position === 5) setImmediate(() => stop.abort());
    }
    expect(positions).toEqual([2, 3, 4, 5]);
    expect(asked).toEqual([1, 3, 5].map((after) => ({ after, limit: 1000, wait: 20, type: 'KeyBlocked' })));
  });

  it('throws what a request fails with', async () => {
    const broken: ListEvents = () => Promise.reject(new Error('forbidden'));
    const next = followEvents({ listEvents: broken }, { after: 0 }).next();
    await expect(next).rejects.toThrow('forbidden');
  });
});
