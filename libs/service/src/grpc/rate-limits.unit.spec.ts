import { FixedClock } from '@cartulary/runtime';
import { beforeEach, expect, it } from 'vitest';
import { RateLimits } from './rate-limits.js';

let clock: FixedClock;
let limits: RateLimits;
beforeEach(() => {
  clock = new FixedClock('2026-03-01T12:00:00.000Z');
  limits = new RateLimits(clock, { rate: 2, burst: 3 });
});
const spend = (times: number, caller = 'a'): void => {
  for (let time = 0; time < times; time++) limits.spend(caller);
};

it('lets so many through at once, and says when there is one again', () => {
  spend(3);
  expect(() => spend(1)).toThrow(expect.objectContaining({ code: 'TOO_MANY_REQUESTS', retryAfterMs: 500 }));
  clock.advance(499);
  expect(() => spend(1)).toThrow();
  clock.advance(1);
  spend(1);
});
it('fills no further than its brim, and not by a clock that goes back', () => {
  clock.advance(3_600_000);
  spend(3);
  clock.advance(-3_600_000);
  expect(() => spend(1)).toThrow();
});
it('is each caller’s own', () => {
  spend(3);
  spend(3, 'b');
});
it('can be asked without taking', () => {
  for (let time = 0; time < 10; time++) limits.demand('a');
  spend(3);
  expect(() => limits.demand('a')).toThrow(expect.objectContaining({ code: 'TOO_MANY_REQUESTS' }));
});
it('remembers 20 000 and no more', () => {
  for (let caller = 0; caller < 25_000; caller++) limits.spend(String(caller));
  expect(limits.size).toBe(20_000);
});
