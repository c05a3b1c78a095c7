import { InvalidValueError } from '@cartulary/domain';
import { describe, expect, it } from 'vitest';
import { lifetimeOf } from './lifetime.js';

const profile = { default: 100, max: 3_600 };

describe('lifetimeOf', () => {
  it.each([
    [undefined, 100],
    [1, 1],
    [3_600, 3_600],
    ['1h', 3_600],
    ['90s', 90],
  ])('makes %s into %i seconds', (ttl, seconds) => expect(lifetimeOf(ttl, profile)).toBe(seconds));

  it.each([3_601, '61m', '1d'])('refuses %s, which is more than the profile allows', (ttl) =>
    expect(() => lifetimeOf(ttl, profile)).toThrow(expect.objectContaining({ code: 'TTL_TOO_LONG' })),
  );

  it.each([0, -1, 1.5, Number.NaN, '', '0s', '5', '5y', '1h30m'])('refuses %s, which is no duration', (ttl) =>
    expect(() => lifetimeOf(ttl, profile)).toThrow(InvalidValueError),
  );
});
