import { describe, expect, it } from 'vitest';
import { percentile } from './percentiles.js';

describe('percentile', () => {
  it('is the nearest rank, in any order', () => {
    const samples = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect([0, 0.5, 0.99, 1].map((share) => percentile(samples, share))).toEqual([1, 100, 198, 200]);
  });
  it('is no number where there are no samples', () => expect(percentile([], 0.5)).toBeNaN());
});
