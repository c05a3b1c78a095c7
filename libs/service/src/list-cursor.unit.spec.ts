import { describe, expect, it } from 'vitest';
import { PositionCursor } from './list-cursor.js';

const cursor = new PositionCursor('rotations');
const encoded = (text: string) => Buffer.from(text).toString('base64url');

describe('PositionCursor', () => {
  it('reads what it has written', () => {
    expect(cursor.read(cursor.write(4_711))).toBe(4_711);
  });

  it.each([
    ['nothing', ''],
    ['no cursor', 'x'],
    ['of another list', new PositionCursor('incidents').write(1)],
    ['no position', encoded('rotations:')],
    ['not a number', encoded('rotations:1e3')],
    ['before the first', encoded('rotations:0')],
    ['negative', encoded('rotations:-1')],
    ['with more behind it', encoded('rotations:1:2')],
    ['too large', encoded('rotations:9007199254740993')],
  ])('refuses a cursor that is %s', (_what, text) => {
    expect(() => cursor.read(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }) as Error);
  });
});
