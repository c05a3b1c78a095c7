import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Generations } from './generations.js';
import { Visitors } from './visitors.js';

describe('generations', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('are raised at once, and for a burst once more', async () => {
    const generations = new Generations();
    const told = vi.fn();
    generations.onChange(told);
    for (let count = 0; count < 10; count++) generations.raise('in/web');
    await Promise.resolve();
    expect(generations.of('in/web')).toBe(4);
    vi.advanceTimersByTime(99);
    expect(generations.of('in/web')).toBe(4);
    vi.advanceTimersByTime(1);
    await Promise.resolve();
    expect(generations.of('in/web')).toBe(5);
    vi.advanceTimersByTime(10_000);
    expect(generations.of('in/web')).toBe(5);
    expect(told).toHaveBeenCalledTimes(2);
  });

  it('are raised ten times a second at most in the long run', () => {
    const generations = new Generations();
    for (let ms = 0; ms < 10_000; ms += 10) {
      generations.raise('in/web');
      vi.advanceTimersByTime(10);
    }
    expect(generations.of('in/web')).toBeLessThanOrEqual(100 + 4);
    expect(generations.of('in/web')).toBeGreaterThanOrEqual(100);
  });

  it('are told together: one revocation raises several', async () => {
    const generations = new Generations();
    const told = vi.fn();
    generations.onChange(told);
    for (const key of ['in/web', 'in/raw', 'out/web']) generations.raise(key);
    await Promise.resolve();
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('take over what a proxy has, and surpass it where something was raised since the start', () => {
    const generations = new Generations();
    generations.adopt('quiet', 7);
    expect(generations.of('quiet')).toBe(7);
    generations.raise('raised');
    generations.adopt('raised', 7);
    expect(generations.of('raised')).toBe(8);
    generations.adopt('raised', 3);
    expect(generations.of('raised')).toBe(8);
  });
});

describe('visitors', () => {
  it('may be anybody until all were sent away, and then those who came', () => {
    const visitors = new Visitors();
    expect(visitors.mayHave('in/web', 'a')).toBe(true);
    visitors.sentAway('in/web');
    expect(visitors.mayHave('in/web', 'a')).toBe(false);
    visitors.record('in/web', 'a');
    expect([visitors.mayHave('in/web', 'a'), visitors.mayHave('in/web', 'b')]).toEqual([true, false]);
  });
});
