import { describe, expect, it } from 'vitest';
import { parseIssuerId } from '../shared/ids.js';
import { at, issuer, issuerId } from '../testing/fixtures.js';
import { type CaEnd, decideCaEnd } from './ca-end.js';
import { EpochNotOverError, IssuerNotFoundError } from './errors.js';
import type { Issuer } from './issuer.js';

const root: Issuer = {
  ...issuer,
  ...{ purpose: 'root', status: 'retiring', imported: false, activatedAt: at(0) },
  successor: parseIssuerId('cccccccccccccccc'),
};
const child: Issuer = {
  ...issuer,
  ...{ issuerId: parseIssuerId('aaaaaaaaaaaaaaaa'), purpose: 'intermediate', imported: false, status: 'retired' },
  notAfter: at(30),
};
const end = (more: Partial<CaEnd> = {}) =>
  decideCaEnd({ issuerId, issuer: root, below: [child], skew: 5 * 60_000, now: at(20), ...more });

describe('decideCaEnd', () => {
  it('lets a CA end when all below it have retired', () =>
    expect(end()).toEqual([{ type: 'EpochExpired', data: { issuerId, certificates: 1, expiredAt: at(20) } }]));

  it.each(['prepared', 'active', 'retiring', 'compromised'] as const)(
    'refuses while one below it is %s, and says until when at most',
    (status) => {
      const below = [child, { ...child, status }];
      expect(() => end({ below })).toThrow(EpochNotOverError);
      expect(() => end({ below })).toThrow(`aaaaaaaaaaaaaaaa (intermediate, ${status}); at the latest it may go after`);
      expect(() => end({ below, now: at(35) })).toThrow(EpochNotOverError);
      expect(() => end({ below })).toThrow(at(35));
      expect(end({ below, now: at(36) })).toHaveLength(1);
    },
  );

  it('takes one that was cut off for gone once its certificates have expired', () =>
    expect(end({ below: [{ ...child, status: 'compromised', expiredAt: at(10) }] })).toHaveLength(1));

  it.each(['prepared', 'active'] as const)('refuses while it is %s itself', (status) =>
    expect(() => end({ issuer: { ...root, status } })).toThrow('it may issue'),
  );

  it('changes nothing when it has ended', () =>
    expect(end({ issuer: { ...root, expiredAt: at(1) }, below: [{ ...child, status: 'active' }] })).toEqual([]));

  it('refuses what it does not know', () =>
    expect(() => end({ issuer: { status: 'unknown' } })).toThrow(IssuerNotFoundError));
});
