import { describe, expect, it } from 'vitest';
import { FixedClock, SystemClock } from './clock.js';

describe('FixedClock', () => {
  it('stands still until it is moved', () => {
    const clock = new FixedClock('2026-01-01T00:00:00Z');
    expect(clock.now()).toEqual(clock.now());
    clock.advance(1_500);
    expect(clock.now().toISOString()).toBe('2026-01-01T00:00:01.500Z');
    clock.set('2025-01-01T00:00:00Z');
    expect(clock.now().getUTCFullYear()).toBe(2025);
  });

  it('is not moved by somebody who changes a time that it gave', () => {
    const clock = new FixedClock('2026-01-01T00:00:00Z');
    clock.now().setFullYear(1999);
    expect(clock.now().getUTCFullYear()).toBe(2026);
  });

  it('refuses what is not a time', () => {
    expect(() => new FixedClock('soon')).toThrow(RangeError);
  });
});

describe('SystemClock', () => {
  it('tells the time of the machine', () => {
    expect(Math.abs(new SystemClock().now().getTime() - Date.now())).toBeLessThan(1_000);
  });
});
