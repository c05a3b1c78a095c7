import type { RecordedEvent } from '@cartulary/ledger';
import { describe, expect, it } from 'vitest';
import { CanaryBook } from './canary-book.js';
import { canaryDue, type CanarySituation } from './canary-due.js';
import { type Due, withCanary } from './due.js';

const now = 100_000;
const situation = (more: Partial<CanarySituation> = {}) =>
  canaryDue({ asked: true, able: true, published: 7, beside: 0, newest: { number: 7, preparedAt: now }, ...more });

describe('whether a CRL gets a canary', () => {
  it('is no question while nobody tries them, or the issuer can make none', () => {
    expect(situation({ asked: false })).toBeUndefined();
    expect(situation({ able: false })).toBeUndefined();
  });
  it('is so for the first, at once', () =>
    expect(situation({ newest: undefined, published: 0 })).toEqual({ from: 0, alone: true }));
  it('is so at most once a second, and for what is published anyway', () =>
    expect(situation()).toEqual({ from: now + 1_000, alone: false }));
  it('asks for a CRL of its own where the last one, or one of a CA that can have none, is not proven', () => {
    expect(situation({ published: 9 })).toEqual({ from: now + 1_000, alone: true });
    expect(situation({ beside: 9 })).toEqual({ from: now + 1_000, alone: true });
    expect(situation({ beside: 6 })?.alone).toBe(false);
  });
});

describe('a CRL for a canary’s sake', () => {
  const prepared = { preparedAt: new Date(now) };
  const timing = { minInterval: 200 };
  const wait: Due = { action: 'wait', until: now + 60_000 };
  const at = (canary: { from: number; alone: boolean }, when: number, next: Due = wait) =>
    withCanary(next, prepared, canary, timing, when);

  it('is prepared when its time has come, and not before', () => {
    expect(at({ from: now + 1_000, alone: true }, now + 500)).toEqual({ action: 'wait', until: now + 1_000 });
    expect(at({ from: now + 1_000, alone: true }, now + 1_000)).toEqual({ action: 'prepare' });
  });
  it('keeps the least time between two CRLs', () =>
    expect(at({ from: 0, alone: true }, now + 100)).toEqual({ action: 'wait', until: now + 200 }));
  it('waits for nothing that is due before, and changes nothing else', () => {
    const soon: Due = { action: 'wait', until: now + 300 };
    expect(at({ from: now + 1_000, alone: true }, now, soon)).toBe(soon);
    expect(at({ from: 0, alone: false }, now + 5_000)).toBe(wait);
    for (const action of ['sign', 'prepare', 'rest'] as const) {
      expect(at({ from: 0, alone: true }, now + 5_000, { action })).toEqual({ action });
    }
    expect(withCanary(wait, undefined, { from: 0, alone: true }, timing, now)).toBe(wait);
    expect(withCanary(wait, prepared, undefined, timing, now + 5_000)).toBe(wait);
  });
});

describe('the book of canaries', () => {
  const prepared = (position: number, canary?: string) =>
    ({
      type: 'CrlPrepared',
      position,
      data: { issuerId: 'a', preparedAt: new Date(position).toISOString(), ...(canary ? { canary } : {}) },
    }) as unknown as RecordedEvent;
  const a = 'a' as never;

  it('knows the newest, and the newest that a CRL lists', () => {
    const book = new CanaryBook();
    for (const event of [prepared(3), prepared(5, 'x'), prepared(8), prepared(9, 'y'), prepared(5, 'x')])
      book.apply(event);
    expect(book.newest(a)).toEqual({ serial: 'y', number: 9, preparedAt: 9 });
    expect(book.listedIn(a, 8)?.serial).toBe('x');
    expect(book.listedIn(a, 4)).toBeUndefined();
    expect(book.newest('b' as never)).toBeUndefined();
  });
  it('forgets the oldest', () => {
    const book = new CanaryBook();
    for (let number = 1; number <= 20; number++) book.apply(prepared(number, `c${number}`));
    expect(book.listedIn(a, 12)).toBeUndefined();
    expect(book.listedIn(a, 13)?.serial).toBe('c13');
  });
});
