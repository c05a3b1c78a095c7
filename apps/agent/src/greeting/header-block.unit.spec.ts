import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedError } from './errors.js';
import { withPlainAuthority } from './header-block.js';
import { decodeHuffman } from './huffman.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const text = (value: string): string => Buffer.from(value).toString('hex');

describe('Huffman’s code of HPACK', () => {
  // RFC 7541, appendices C.4 and C.6.
  it.each([
    ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
    ['a8eb10649cbf', 'no-cache'],
    ['25a849e95bb8e8b4bf', 'custom-value'],
    ['d07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    [
      '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
    ],
  ])('%s is %s', (encoded, decoded) => {
    expect(decodeHuffman(hex(encoded)).toString()).toBe(decoded);
  });

  it.each([
    ['the end of strings', 'ffffffff'],
    ['padding of zeros', 'f1e3c2e5f23a6ba0ab90f400'],
    ['padding of a whole octet', 'f1e3c2e5f23a6ba0ab90f4ffff'],
  ])('refuses %s', (_what, encoded) => {
    expect(() => decodeHuffman(hex(encoded))).toThrow(MalformedError);
  });
});

describe('an authority in a header block', () => {
  const path = '/run/x.sock';
  const plain = '-run-x.sock';
  it.each([
    ['is a hyphen where it may not be what it is', `82 41 0b ${text(path)} 87`, `82 41 0b ${text(plain)} 87`],
    ['is changed where it is not indexed', `01 0b ${text(path)}`, `01 0b ${text(plain)}`],
    ['is changed where it is never indexed', `11 0b ${text(path)}`, `11 0b ${text(plain)}`],
    [
      'is changed where its name is spelled out',
      `40 0a ${text(':authority')} 0b ${text(path)}`,
      `40 0a ${text(':authority')} 0b ${text(plain)}`,
    ],
    ['is as it was where it may be that', `41 0b ${text('example.org')}`, undefined],
    ['is as it was in Huffman’s code', '41 8c f1e3c2e5f23a6ba0ab90f4ff', undefined],
    ['is as it was by its index', '82 be', undefined],
    ['says nothing of other fields', `3f e1 1f 44 0b ${text(path)} 40 02 ${text('ab')} 01 ${text('/')}`, undefined],
  ])('%s', (_what, before, after) => {
    const block = hex(before);
    const made = withPlainAuthority(block);
    if (after === undefined) expect(made).toBe(block);
    else expect(made.toString('hex')).toBe(hex(after).toString('hex'));
  });

  it('is as long as it was, however long that is', () => {
    for (const length of [126, 127, 128, 254, 255, 300, 20_000]) {
      const prefix = length < 127 ? [length] : [127, ...sevenBits(length - 127)];
      const made = withPlainAuthority(Buffer.from([0x41, ...prefix, ...Buffer.alloc(length, '/')]));
      expect(made).toEqual(Buffer.from([0x41, ...prefix, ...Buffer.alloc(length, '-')]));
    }
  });

  it.each([
    ['ends in a number', '7f'],
    ['ends in a string', '41 0b 2f72'],
    ['ends ahead of a value', '41'],
    ['has a number without end', '41 7f ffffffffffffffff'],
    ['has a string beyond all memory', '41 7f ffffffff0f'],
    ['has a string that is none', '41 81 00'],
  ])('is refused in a block that %s', (_what, block) => {
    expect(() => withPlainAuthority(hex(block))).toThrow(MalformedError);
  });

  it('is found or refused in any octets, and then nothing is left to do', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        try {
          const once = withPlainAuthority(Buffer.from(octets));
          expect(withPlainAuthority(once)).toBe(once);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

const sevenBits = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 0x80, ...sevenBits(Math.floor(value / 128))];
