import { randomUUID } from 'node:crypto';
import { InMemoryLedger } from '@cartulary/ledger/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { momentOf } from './as-of.js';

const NOW = new Date('2030-01-01T00:00:00.000Z');
let ledger: InMemoryLedger;
let times: string[];

const append = async (count: number) => {
  const streams = Array.from({ length: count }, () => `token-${randomUUID()}`);
  const { events } = await ledger.append({
    expectations: streams.map((stream) => ({ stream, version: 0 })),
    events: streams.map((stream) => ({ stream, type: 'TokenCreated', data: {} })),
    actor: { id: 'token/test', credential: 'system' },
    correlationId: randomUUID(),
    recordedAt: '2026-11-22T12:00:00.000Z',
  });
  times.push(...events.map(({ committedAt }) => committedAt));
};
const later = (time: string, ms: number) => new Date(Date.parse(time) + ms).toISOString();

beforeEach(async () => {
  ledger = new InMemoryLedger();
  times = [];
  for (const count of [1, 3, 1, 5, 2, 1]) await append(count);
});

describe('a moment', () => {
  it('is a position, and the time at which it was committed', async () => {
    expect(await momentOf(ledger, '5', NOW)).toEqual({ position: 5, time: new Date(times[4]!) });
    expect(await momentOf(ledger, '0', NOW)).toEqual({ position: 0, time: new Date(0) });
  });

  it('is the last position that was committed by a time', async () => {
    for (const time of new Set(times)) {
      const last = times.lastIndexOf(time) + 1;
      expect(await momentOf(ledger, time, NOW)).toEqual({ position: last, time: new Date(time) });
      const before = times.findLastIndex((each) => each < later(time, 0)) + 1;
      expect((await momentOf(ledger, later(time, -1), NOW)).position).toBeLessThanOrEqual(before);
    }
    expect(await momentOf(ledger, NOW.toISOString(), NOW)).toEqual({ position: times.length, time: NOW });
    expect(await momentOf(ledger, '1999-12-31T23:59:59Z', NOW)).toMatchObject({ position: 0 });
  });

  it('of an empty ledger is before the first event', async () =>
    expect(await momentOf(new InMemoryLedger(), NOW.toISOString(), NOW)).toMatchObject({ position: 0 }));

  it('that has not come is refused', async () => {
    const beyond = { code: 'AS_OF_BEYOND_HEAD' };
    await expect(momentOf(ledger, String(times.length + 1), NOW)).rejects.toMatchObject(beyond);
    await expect(momentOf(ledger, later(NOW.toISOString(), 1), NOW)).rejects.toMatchObject(beyond);
  });

  it.each(['yesterday', '', '-1', '1.5', '2026-11-22', '9'.repeat(16)])('is not %j', async (text) =>
    expect(momentOf(ledger, text, NOW)).rejects.toMatchObject({ code: 'INVALID_VALUE', field: 'asOf' }),
  );
});
