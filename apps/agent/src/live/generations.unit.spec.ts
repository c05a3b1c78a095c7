import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Generations } from './generations.js';
import { Visitors } from './visitors.js';

describe('generations', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('are raised at once, and for a burst once more', () => {
    const generations = new Generations();
    const told = vi.fn();
    generations.onChange(told);
    for (let count = 0; count < 10; count++) generations.raise('in/web');
    expect(generations.of('in/web')).toBe(1);
    vi.advanceTimersByTime(200);
    expect(generations.of('in/web')).toBe(2);
    vi.advanceTimersByTime(10_000);
    expect(generations.of('in/web')).toBe(2);
    expect(told).toHaveBeenCalledTimes(2);
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
