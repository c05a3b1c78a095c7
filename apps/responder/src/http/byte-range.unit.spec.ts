import { describe, expect, it } from 'vitest';
import { byteRangeOf } from './byte-range.js';

const of = (range: string | undefined, ifRange?: string) => byteRangeOf({ range, ifRange }, 100, '"e"');

describe('the range that is asked for', () => {
  it.each([
    ['bytes=0-9', 0, 9],
    ['bytes=90-', 90, 99],
    ['bytes=90-500', 90, 99],
    ['bytes=-10', 90, 99],
    ['bytes=-500', 0, 99],
    ['Bytes = 5-5', 5, 5],
  ])('%s', (range, first, last) => expect(of(range)).toEqual({ first, last }));

  it.each(['bytes=100-', 'bytes=200-300', 'bytes=-0'])('%s is not there', (range) =>
    expect(of(range)).toBe('unsatisfiable'),
  );

  it.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=9-3', 'bytes=0-1,5-6', 'items=0-1', 'bytes=a-b', 'bytes=0x1-2'])(
    '%s is all of it',
    (range) => expect(of(range)).toBeUndefined(),
  );

  it('is all of it where If-Range names another body, weakly the same, or a date', () => {
    expect(of('bytes=0-9', '"e"')).toEqual({ first: 0, last: 9 });
    for (const other of ['"f"', 'W/"e"', 'Thu, 26 Nov 2026 20:00:00 GMT'])
      expect(of('bytes=0-9', other)).toBeUndefined();
  });
});
