import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIpAddress, formatIpAddress } from './ip-address.js';

describe('IP addresses', () => {
  it.each([
    ['10.0.0.255', '0a0000ff', '10.0.0.255'],
    ['::', '00'.repeat(16), '::'],
    ['::1', `${'00'.repeat(15)}01`, '::1'],
    ['2001:DB8:0:0:1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['1::', `0001${'00'.repeat(14)}`, '1::'],
    ['10:0:0:100::', `00100000000001${'00'.repeat(9)}`, '10:0:0:100::'],
    ['::ffff:1.2.3.4', `${'00'.repeat(10)}ffff01020304`, '::ffff:102:304'],
  ])('%s', (text, hex, canonical) => {
    expect(encodeIpAddress(text).toString('hex')).toBe(hex);
    expect(formatIpAddress(Buffer.from(hex, 'hex'))).toBe(canonical);
  });

  it('come back from their text, which is the URL parser’s too', () => {
    const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, (values) => {
        const octets = Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));
        const text = formatIpAddress(octets);
        expect(encodeIpAddress(text)).toEqual(octets);
        expect(`[${text}]`).toBe(new URL(`http://[${values.map((v) => v.toString(16)).join(':')}]`).hostname);
      }),
    );
  });

  it.each(['', '1.2.3', '1.2.3.256', 'fe80::1%eth0', '1::2::3', 'localhost'])('refuses "%s"', (text) => {
    expect(() => encodeIpAddress(text)).toThrow(expect.objectContaining({ code: 'DER_MALFORMED' }));
  });
});
