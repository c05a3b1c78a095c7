import { describe, expect, it } from 'vitest';
import { AnswerCache } from './answer-cache.js';

const newCache = (octets: number): AnswerCache<string> =>
  new AnswerCache(octets, (entry, key) => entry.length + key.length);

describe('AnswerCache', () => {
  it('drops what was not used for longest, and counts what it holds', () => {
    const cache = newCache(12);
    cache.set('a', '123');
    cache.set('b', '123');
    cache.set('c', '123');
    cache.get('a');
    cache.set('d', '123');
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['123', undefined, '123', '123']);
    expect(cache.octets).toBe(12);
  });

  it('counts a replaced entry once, and keeps nothing that is larger than itself', () => {
    const cache = newCache(12);
    cache.set('a', '12345');
    cache.set('a', '1');
    expect(cache.octets).toBe(2);
    cache.set('b', 'much too large');
    expect(cache.get('b')).toBeUndefined();
    expect(cache.octets).toBe(0);
  });
});
