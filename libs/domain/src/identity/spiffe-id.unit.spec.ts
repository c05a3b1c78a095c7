import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidValueError } from '../shared/errors.js';
import { parseIdentity, parseTrustDomain } from './spiffe-id.js';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const label = fc
  .tuple(fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 20 }), fc.boolean())
  .map(([text, dashed]) => (dashed ? `${text}-${text}` : text));
const trustDomain = fc
  .array(label, { minLength: 1, maxLength: 4 })
  .map((labels) => labels.join('.'))
  .filter((text) => !/^[0-9.]+$/.test(text));
const segment = fc
  .string({ unit: fc.constantFrom(...LETTERS, ...'ABCXYZ._-'), minLength: 1, maxLength: 253 })
  .filter((text) => text !== '.' && text !== '..');
const role = fc.constantFrom('operator', 'agent', 'service');

const read =
  (text: string, domain = 'cluster.local') =>
  () =>
    parseIdentity(text, domain);

describe('parseIdentity', () => {
  it('reads every workload identity back as it was written', () =>
    fc.assert(
      fc.property(trustDomain, segment, segment, (domain, namespace, serviceAccount) => {
        const id = `spiffe://${domain}/ns/${namespace}/sa/${serviceAccount}`;
        expect(parseTrustDomain(domain)).toBe(domain);
        expect(parseIdentity(id, domain)).toEqual({ kind: 'workload', id, namespace, serviceAccount });
      }),
    ));

  it('reads every system identity back as it was written', () =>
    fc.assert(
      fc.property(trustDomain, role, segment, (domain, kind, name) => {
        const id = `spiffe://${domain}/cartulary/${kind}/${name}`;
        expect(parseIdentity(id, domain)).toEqual({ kind: 'system', id, role: kind, name });
      }),
    ));

  it('refuses another trust domain, also one that starts alike', () =>
    fc.assert(
      fc.property(trustDomain, trustDomain, (one, other) => {
        fc.pre(one !== other);
        expect(read(`spiffe://${one}/ns/shop/sa/cart`, other)).toThrow(InvalidValueError);
        expect(read(`spiffe://${one}.${other}/ns/shop/sa/cart`, one)).toThrow(InvalidValueError);
      }),
    ));

  // Whatever is put in at any place either is an allowed character within a segment or makes it unreadable.
  it('refuses a forbidden character at any place', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }).filter((text) => !/^[A-Za-z0-9._-]*$/.test(text)),
        fc.nat('spiffe://cluster.local/ns/shop/sa/cart'.length),
        (text, place) => {
          const id = 'spiffe://cluster.local/ns/shop/sa/cart';
          expect(read(id.slice(0, place) + text + id.slice(place))).toThrow(InvalidValueError);
        },
      ),
      { numRuns: 1000 },
    ));

  const mutations = {
    'a port': 'spiffe://cluster.local:8443/ns/shop/sa/cart',
    'user information': 'spiffe://me@cluster.local/ns/shop/sa/cart',
    'an upper-case trust domain': 'spiffe://Cluster.local/ns/shop/sa/cart',
    'an upper-case scheme': 'SPIFFE://cluster.local/ns/shop/sa/cart',
    'another scheme': 'https://cluster.local/ns/shop/sa/cart',
    'one slash': 'spiffe:/cluster.local/ns/shop/sa/cart',
    'no trust domain': 'spiffe:///ns/shop/sa/cart',
    'no path': 'spiffe://cluster.local',
    'an empty path': 'spiffe://cluster.local/',
    'a dot segment': 'spiffe://cluster.local/ns/./sa/cart',
    'a double dot segment': 'spiffe://cluster.local/ns/shop/sa/..',
    'percent-encoding': 'spiffe://cluster.local/ns/sh%6fp/sa/cart',
    'an encoded slash': 'spiffe://cluster.local/ns/shop%2Fsa/sa/cart',
    'an empty namespace': 'spiffe://cluster.local/ns//sa/cart',
    'an empty service account': 'spiffe://cluster.local/ns/shop/sa/',
    'a trailing slash': 'spiffe://cluster.local/ns/shop/sa/cart/',
    'a query': 'spiffe://cluster.local/ns/shop/sa/cart?admin',
    'a fragment': 'spiffe://cluster.local/ns/shop/sa/cart#admin',
    'a letter that looks alike': 'spiffe://cluster.local/ns/shоp/sa/cart',
    'a full-width dot': 'spiffe://cluster.local/ns/shop/sa/ca．rt',
    'a newline at the end': 'spiffe://cluster.local/ns/shop/sa/cart\n',
    'a space before': ' spiffe://cluster.local/ns/shop/sa/cart',
    'a NUL': 'spiffe://cluster.local/ns/shop/sa/cart\0',
    'a segment of 254 characters': `spiffe://cluster.local/ns/shop/sa/${'a'.repeat(254)}`,
    'another layout': 'spiffe://cluster.local/workload/cart',
    'a longer workload identity': 'spiffe://cluster.local/ns/shop/sa/cart/admin',
    'an upper-case layout': 'spiffe://cluster.local/NS/shop/SA/cart',
    'an unknown system kind': 'spiffe://cluster.local/cartulary/root/me',
    'a longer system identity': 'spiffe://cluster.local/cartulary/operator/me/too',
    'a system kind alone': 'spiffe://cluster.local/cartulary/operator',
    'an inherited property as kind': 'spiffe://cluster.local/cartulary/constructor/me',
    nothing: '',
  };
  it.each(Object.entries(mutations))('refuses %s', (_name, text) => expect(read(text)).toThrow(InvalidValueError));

  it('refuses 2 049 bytes for their length', () => {
    const start = 'spiffe://cluster.local/ns/shop/sa/';
    expect(read(start + 'a'.repeat(2049 - start.length))).toThrow('longer than 2048 bytes');
    expect(read(start + 'a'.repeat(2048 - start.length))).toThrow('path segment');
  });
  it('names the field', () =>
    expect(read('x')).toThrow(expect.objectContaining({ code: 'INVALID_VALUE', field: 'identity' })));
});

describe('parseTrustDomain', () => {
  it.each(['cluster.local', 'a', 'a-b.c', '1a.example', `${'a'.repeat(63)}.example`, 'xn--bcher-kva.example'])(
    'takes %s',
    (text) => expect(parseTrustDomain(text)).toBe(text),
  );
  it.each([
    '',
    'Cluster.local',
    'cluster_local',
    '-a',
    'a-',
    'a..b',
    '.a',
    'a.',
    'a.-b',
    '127.0.0.1',
    '1',
    'a:1',
    'a/b',
    'bücher.example',
    'a\n',
    `${'a'.repeat(64)}.example`,
    Array(64).fill('aaa').join('.'),
  ])('refuses %j', (text) => expect(() => parseTrustDomain(text)).toThrow(InvalidValueError));
  it('takes 253 characters and no more', () => {
    const long = `${'a.'.repeat(126)}b`;
    expect(parseTrustDomain(long)).toHaveLength(253);
    expect(() => parseTrustDomain(`${long}c`)).toThrow(InvalidValueError);
  });
});
