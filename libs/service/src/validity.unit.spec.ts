import { describe, expect, it } from 'vitest';
import { validity } from './validity.js';

const now = new Date('2026-03-01T12:00:00.900Z');
const issuer = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-12-31T00:00:00Z') };
const HOUR = 3_600;
const texts = ({ notBefore, notAfter }: { notBefore: Date; notAfter: Date }) => [
  notBefore.toISOString(),
  notAfter.toISOString(),
];

describe('validity', () => {
  it('begins the skew ago, ends the life time from now, in whole seconds', () =>
    expect(texts(validity(now, HOUR, 300_000, issuer))).toEqual([
      '2026-03-01T11:55:00.000Z',
      '2026-03-01T13:00:00.000Z',
    ]));

  it('begins no earlier than the issuer', () => {
    const young = { ...issuer, notBefore: new Date('2026-03-01T11:59:00Z') };
    expect(validity(now, HOUR, 300_000, young).notBefore).toEqual(young.notBefore);
  });

  it('ends no later than the issuer', () => {
    const old = { ...issuer, notAfter: new Date('2026-03-01T12:10:00Z') };
    expect(validity(now, HOUR, 300_000, old).notAfter).toEqual(old.notAfter);
  });
});
