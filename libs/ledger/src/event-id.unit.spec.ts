import { describe, expect, it } from 'vitest';
import { newEventId } from './event-id.js';

const AT = Date.parse('2026-03-01T12:00:00.000Z');

describe('newEventId', () => {
  it('makes UUIDv7 that begin with their millisecond', () => {
    const ids = Array.from({ length: 2_000 }, (_, index) => newEventId(AT + (index % 3)));
    for (const [index, id] of ids.entries()) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(AT + (index % 3));
    }
  });

  it('makes each once, and leaves every other digit to chance', () => {
    const ids = Array.from({ length: 20_000 }, () => newEventId(AT));
    expect(new Set(ids).size).toBe(ids.length);
    const values = Array.from(ids[0]!, (_, at) => new Set(ids.map((id) => id[at])).size);
    // Time and version, then 12 random bits, the variant with 2 of its bits random, and 60 more.
    const [time, rest] = [Array<number>(15).fill(1), Array<number>(12).fill(16)];
    expect(values).toEqual([...time, 16, 16, 16, 1, 4, 16, 16, 16, 1, ...rest]);
  });
});
