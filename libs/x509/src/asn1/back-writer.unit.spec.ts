import { describe, expect, it } from 'vitest';
import { BackWriter } from './back-writer.js';
import { octetString, sequence } from './der-writer.js';

describe('BackWriter', () => {
  it.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])(
    'writes what the other writer writes, around %i octets',
    (size) => {
      const content = Buffer.alloc(size, 7);
      const writer = new BackWriter(size + 20);
      const { mark } = writer;
      writer.put(content);
      writer.header(0x04, mark);
      writer.header(0x30, mark);
      expect(writer.finish()).toEqual(sequence(octetString(content)));
    },
  );

  it('says so when there is no room', () => {
    const writer = new BackWriter(1);
    writer.header(0x30, writer.mark);
    expect(() => writer.finish()).toThrow(RangeError);
    expect(() => new BackWriter(1).put(Buffer.alloc(2))).toThrow(RangeError);
  });
});
