import fc from 'fast-check';
import { fromBER } from 'asn1js';
import { describe, expect, it } from 'vitest';
import { EncodingError } from '../errors.js';
import { checkStrictDer } from './check-strict-der.js';
import { DerReader } from './der-reader.js';
import { generalizedTime, parseTime, time } from './der-time.js';
import { integer, namedBits, objectIdentifier, octetString, sequence } from './der-writer.js';
import { encodeName, formatName } from './distinguished-name.js';
import { newSerial } from './serial.js';

const limits = { maxDepth: 8, maxElements: 100 };
const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });
const refused = (hex: string) => expect(() => checkStrictDer(Buffer.from(hex, 'hex'), limits)).toThrow(malformed);

describe('DER', () => {
  it('integers, identifiers and octets come back, and asn1js reads them too', () => {
    const arcs = fc
      .tuple(fc.nat(2), fc.nat(39), fc.array(fc.nat(), { maxLength: 8 }))
      .map(([a, b, rest]) => [a, b, ...rest].join('.'));
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 200n }),
        arcs,
        fc.uint8Array({ maxLength: 70_000 }),
        (number, id, octets) => {
          const der = sequence(integer(number), objectIdentifier(id), octetString(Buffer.from(octets)));
          checkStrictDer(der, limits);
          const reader = new DerReader(der).enter();
          expect(reader.unsigned()).toBe(number);
          expect(reader.objectIdentifier()).toBe(id);
          expect(reader.content(0x04)).toEqual(Buffer.from(octets));
          reader.finish();
          expect(fromBER(new Uint8Array(der)).offset).toBe(der.length);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffff, 0x1000000])(
    'writes a length of %i in its shortest form',
    (length) => {
      const der = octetString(Buffer.alloc(length));
      expect(new DerReader(der).content(0x04)).toHaveLength(length);
    },
  );

  it('named bits come back without trailing zeros', () => {
    for (const bits of [[], [0], [5, 6], [0, 8], [7]]) expect(new DerReader(namedBits(bits)).namedBits()).toEqual(bits);
    expect(namedBits([5, 6]).toString('hex')).toBe('03020106');
    expect(() => new DerReader(Buffer.from('03020006', 'hex')).namedBits()).toThrow(malformed);
  });

  it.each([
    ['nothing', ''],
    ['trailing bytes', '05000500'],
    ['an indefinite length', '30800000'],
    ['a long form below 128', '04810100'],
    ['a padded length', '0482000100'],
    ['a length beyond the end', '04820100'],
    ['five octets of length', '04850000000001'],
    ['a tag above 30', '1f8101'],
    ['a padded integer', '02020001'],
    ['a padded negative integer', '0202ff80'],
    ['an empty integer', '0200'],
    ['a boolean of 1', '010101'],
    ['NULL with content', '050100'],
    ['an identifier with padding', '0603558001'],
    ['an identifier that ends in the middle', '060255 81'.replace(' ', '')],
    ['UTF-8 that is none', '0c02c328'],
    ['a PrintableString with an underscore', '13015f'],
    ['a constructed string', '2c030c0161'],
    ['a primitive sequence', '1000'],
    ['unused bits in nothing', '030101'],
  ])('refuses %s', (_, hex) => refused(hex));

  it('refuses too many elements and too deep a nesting', () => {
    // The sequence itself counts.
    checkStrictDer(sequence(...Array.from({ length: 99 }, () => integer(1))), limits);
    expect(() => checkStrictDer(sequence(...Array.from({ length: 100 }, () => integer(1))), limits)).toThrow(malformed);
    let nested = integer(1);
    for (let depth = 0; depth < 8; depth++) nested = sequence(nested);
    checkStrictDer(nested, limits);
    expect(() => checkStrictDer(sequence(nested), limits)).toThrow(/nested/);
  });

  it('throws nothing but EncodingError for any bytes', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          checkStrictDer(Buffer.from(bytes), limits);
        } catch (error) {
          expect(error).toBeInstanceOf(EncodingError);
        }
      }),
      { numRuns: 5000 },
    ));
});

describe('time', () => {
  it('is UTCTime through 2049 and GeneralizedTime from 2050, without fractions', () => {
    expect(time(new Date('2049-12-31T23:59:59.999Z')).toString('latin1')).toBe('\x17\x0d491231235959Z');
    expect(time(new Date('2050-01-01T00:00:00Z')).toString('latin1')).toBe('\x18\x0f20500101000000Z');
    expect(generalizedTime(new Date('2026-11-22T10:00:00Z')).toString('latin1')).toBe('\x18\x0f20261122100000Z');
  });

  it('comes back', () => {
    const seconds = fc.integer({ min: -631_152_000, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, (second) => {
        const date = new Date(second * 1000);
        expect(new DerReader(time(date)).time()).toEqual(date);
      }),
    );
  });

  it.each(['261122100000', '2611221000Z', '261322100000Z', '260230100000Z', '261122100000+0100', '26112210000 Z'])(
    'refuses %s',
    (text) => {
      expect(() => parseTime(0x17, text)).toThrow(malformed);
    },
  );
});

describe('names', () => {
  it('are written in order and shown last first, escaped', () => {
    const der = encodeName([
      { type: 'C', value: 'DE' },
      { type: 'O', value: ' a, "b"+c ' },
      { type: 'CN', value: '#x' },
    ]);
    expect(formatName(der)).toBe('CN=\\#x,O=\\ a\\, \\"b\\"\\+c\\ ,C=DE');
    expect(formatName(encodeName([]))).toBe('');
  });

  it.each(['', 'a'.repeat(65), 'a\nb', 'a\0b'])('refuses the value %j', (value) => {
    expect(() => encodeName([{ type: 'CN', value }])).toThrow(malformed);
  });
});

describe('newSerial', () => {
  it('is 17 octets that begin with 01 and never the same', () => {
    const serials = Array.from({ length: 1000 }, newSerial);
    for (const serial of serials) expect(serial).toMatch(/^01[0-9a-f]{32}$/);
    expect(new Set(serials).size).toBe(1000);
  });
});
