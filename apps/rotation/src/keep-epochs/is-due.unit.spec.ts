import type { Issuer, Timestamp } from '@cartulary/domain';
import { testSettings } from '@cartulary/service/testing';
import { describe, expect, it } from 'vitest';
import { isDue } from './is-due.js';

const now = new Date('2026-03-01T12:00:00Z');
const day = 86_400_000;
const at = (days: number): Timestamp => new Date(now.getTime() + days * day).toISOString() as Timestamp;
const settings = { ...testSettings, epochs: { ...testSettings.epochs, length: 10 * day, certificates: 100 } };

const issuer = (over: Partial<Issuer>): Issuer =>
  ({
    purpose: 'workload',
    status: 'active',
    activatedAt: at(-20),
    notBefore: at(-20),
    notAfter: at(400),
    ...over,
  }) as Issuer;
const due = (standby: Partial<Issuer>, current: Partial<Issuer> = {}, certificates = 0): boolean =>
  isDue({ current: issuer(current), standby: issuer({ status: 'prepared', ...standby }), certificates }, settings, now);

describe('the next epoch', () => {
  it('begins by age where nobody planned it', () => {
    expect(due({})).toBe(true);
    expect(due({}, { activatedAt: at(-9) })).toBe(false);
  });

  it('begins when the plan of a ceremony says, whatever the age', () => {
    expect(due({ activeFrom: at(1) })).toBe(false);
    expect(due({ activeFrom: at(0) })).toBe(true);
    expect(due({ activeFrom: at(-1) }, { activatedAt: at(-1) })).toBe(true);
  });

  it('begins before its plan after a cut-off, or when there are too many certificates', () => {
    expect(due({ activeFrom: at(1) }, { status: 'compromised' })).toBe(true);
    expect(due({ activeFrom: at(1) }, {}, 100)).toBe(true);
    expect(due({ activeFrom: at(1) }, { notAfter: at(1) })).toBe(true);
  });
});
