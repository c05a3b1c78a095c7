import { describe, expect, it } from 'vitest';
import { positionCursor, textCursor } from './cursor.js';

describe('cursors', () => {
  it('come back as they went', () => {
    expect(positionCursor('a').read(positionCursor('a').of(4_711))).toEqual({ last: 4_711 });
    expect(textCursor('a').read(textCursor('a').of('über/ns'))).toEqual({ last: 'über/ns' });
    expect(textCursor('a').read(textCursor('a').of('x', 0))).toEqual({ last: 'x', asOf: 0 });
  });
  it('may be left out', () => {
    expect(positionCursor('a').read(undefined)).toBeUndefined();
    expect(textCursor('a').read(undefined)).toBeUndefined();
  });
  it('are of one list only', () => {
    expect(() => positionCursor('a').read(positionCursor('b').of(1))).toThrow('nextCursor');
    expect(() => textCursor('a').read(positionCursor('a').of(1))).toThrow('nextCursor');
    expect(() => positionCursor('a').read(textCursor('a').of('1'))).toThrow('nextCursor');
  });
});
