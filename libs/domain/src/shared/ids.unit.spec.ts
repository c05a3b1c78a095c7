import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidValueError } from './errors.js';
import {
  parseIssuerId,
  parseKeyHash,
  parseNodeName,
  parseSerial,
  parseTimestamp,
  parseTokenId,
  timestamp,
} from './ids.js';

const hex = (length: { minLength: number; maxLength: number }) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), ...length });

describe('parseSerial', () => {
  it.each([
    ['01ab', '01ab'],
    ['1ab', '01ab'],
    ['0x1AB', '01ab'],
    ['0X01ab', '01ab'],
    ['01:AB', '01ab'],
    [' 01ab\n', '01ab'],
    ['000001ab', '01ab'],
    ['ab', 'ab'],
    ['00:AB', 'ab'],
    ['1', '01'],
    [`00${'7f'.repeat(20)}`, '7f'.repeat(20)],
    ['7f'.repeat(20), '7f'.repeat(20)],
  ])('reads %j as %s', (text, serial) => expect(parseSerial(text)).toBe(serial));

  it.each(['', '0', '00', '0x', ':', '-1', '01 ab', 'xyz', '0x0x1', '1n', '１', 'ff'.repeat(20), '01'.repeat(21)])(
    'refuses %j',
    (text) => expect(() => parseSerial(text)).toThrow(InvalidValueError),
  );

  it('gives one form for one number, whatever it is written like', () =>
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 159n) - 1n }), fc.nat(6), (number, zeros) => {
        const written = number.toString(16);
        const serial = parseSerial(written);
        expect(BigInt(`0x${serial}`)).toBe(number);
        expect(serial.length % 2).toBe(0);
        expect(parseSerial(serial)).toBe(serial);
        expect(parseSerial('0'.repeat(zeros) + written.toUpperCase())).toBe(serial);
        expect(parseSerial((serial.match(/../g) ?? []).join(':'))).toBe(serial);
      }),
    ));
});

describe('parseKeyHash', () => {
  it('is idempotent, and folds case and colons', () =>
    fc.assert(
      fc.property(hex({ minLength: 64, maxLength: 64 }), (text) => {
        const keyHash = parseKeyHash(text);
        expect(keyHash).toBe(text.toLowerCase());
        expect(parseKeyHash(keyHash)).toBe(keyHash);
        expect(parseKeyHash((text.match(/../g) ?? []).join(':'))).toBe(keyHash);
      }),
    ));
  it('refuses another length', () =>
    fc.assert(
      fc.property(hex({ minLength: 0, maxLength: 130 }), (text) => {
        fc.pre(text.length !== 64);
        expect(() => parseKeyHash(text)).toThrow(InvalidValueError);
      }),
    ));
  it('refuses what is not hexadecimal', () => expect(() => parseKeyHash('g'.repeat(64))).toThrow(InvalidValueError));
});

describe('parseIssuerId and parseTokenId', () => {
  it('take their one form', () => {
    expect(parseIssuerId('0123456789abcdef')).toBe('0123456789abcdef');
    expect(parseTokenId('abcxyz012789')).toBe('abcxyz012789');
  });
  it.each(['', '0123456789ABCDEF', '0123456789abcde', '0123456789abcdef0', '0123456789abcdeg', '0123456789abcdef\n'])(
    'refuse the issuer id %j',
    (text) => expect(() => parseIssuerId(text)).toThrow(InvalidValueError),
  );
  it.each(['', 'ABCXYZ012789', 'abcxyz01278', 'abcxyz0127890', 'abcxyz-12789', 'abcxyz012789\n'])(
    'refuse the token id %j',
    (text) => expect(() => parseTokenId(text)).toThrow(InvalidValueError),
  );
});

describe('parseNodeName', () => {
  it.each(['a', 'node-7', 'ip-10-0-0-7.eu-1.compute.internal', '7', 'x'.repeat(63), `${'a.'.repeat(126)}b`])(
    'takes %j',
    (text) => expect(parseNodeName(text)).toBe(text),
  );
  it.each([
    '',
    '-a',
    'a-',
    'a..b',
    '.a',
    'a.',
    'Node',
    'a_b',
    'a b',
    'a\n',
    'ä',
    'x'.repeat(64),
    `${'a.'.repeat(127)}b`,
  ])('refuses %j', (text) => expect(() => parseNodeName(text)).toThrow(expect.objectContaining({ field: 'node' })));
});

describe('parseTimestamp', () => {
  it.each([
    ['2026-11-22T12:00:00Z', '2026-11-22T12:00:00.000Z'],
    ['2026-11-22t12:00:00z', '2026-11-22T12:00:00.000Z'],
    ['2026-11-22T12:00:00+01:30', '2026-11-22T10:30:00.000Z'],
    ['2026-11-22T23:30:00-01:00', '2026-11-23T00:30:00.000Z'],
    ['2026-11-22T12:00:00-00:00', '2026-11-22T12:00:00.000Z'],
    ['2026-11-22T12:00:00.5Z', '2026-11-22T12:00:00.500Z'],
    ['2026-11-22T12:00:00.123999999Z', '2026-11-22T12:00:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ])('reads %s', (text, time) => expect(parseTimestamp(text)).toBe(time));

  it.each([
    '',
    'now',
    '2026-11-22',
    '2026-11-22T12:00',
    '2026-11-22T12:00Z',
    '2026-11-22T12:00:00',
    '2026-11-22 12:00:00Z',
    '2026-11-22T12:00:00 Z',
    '2026-11-22T12:00:00,5Z',
    '2026-11-22T12:00:00.Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T12:60:00Z',
    '2026-11-22T12:00:60Z',
    '2026-11-22T12:00:00+24:00',
    '2026-11-22T12:00:00+0100',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '26-01-01T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+01:00',
    '2026-11-22T12:00:00Z\n',
  ])('refuses %j', (text) =>
    expect(() => parseTimestamp(text, 'invalidityDate')).toThrow(
      expect.objectContaining({ code: 'INVALID_VALUE', field: 'invalidityDate' }),
    ),
  );

  const times = fc.date({
    min: new Date('0000-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  });
  it('is idempotent and keeps the moment', () =>
    fc.assert(
      fc.property(times, (date) => {
        const time = timestamp(date);
        expect(parseTimestamp(time)).toBe(time);
        expect(Date.parse(time)).toBe(date.getTime());
      }),
    ));
  it('gives texts that sort as their moments do', () =>
    fc.assert(
      fc.property(times, times, (one, other) => {
        expect(timestamp(one) < timestamp(other)).toBe(one.getTime() < other.getTime());
      }),
    ));
  it.each([new Date(Number.NaN), new Date(8.64e15), new Date(-8.64e15)])('does not write %s', (date) =>
    expect(() => timestamp(date)).toThrow(InvalidValueError),
  );
});
