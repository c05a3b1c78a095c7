import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseSerial, type Serial } from '../shared/ids.js';
import { at, certificate, serial } from '../testing/fixtures.js';
import {
  defaultRenewalPolicy,
  renewalWindow,
  renewalWindowOf,
  rotatedWindow,
  rotationMoment,
  type RenewalWindow,
} from './renewal-window.js';

/** As serials are: 01 and 128 random bits; the same in every run. */
const serialNumber = (index: number): Serial =>
  parseSerial(`01${createHash('sha256').update(String(index)).digest('hex').slice(0, 32)}`);
const life = { validFrom: at(0), notAfter: at(1000) };
const day = { validFrom: at(0), notAfter: at(24 * 60) };
const minutes = ({ start, end }: RenewalWindow) =>
  [start, end].map((time) => (Date.parse(time) - Date.parse(at(0))) / 60_000);
const ofBits = (renewal: string, rotation = '0'.repeat(12)) => parseSerial(`0100000000${renewal}${rotation}`);

/** The largest share of the moments that lies in one hundredth of the time from the first to the last. */
const densest = (times: readonly number[]): number => {
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const counts = new Array<number>(100).fill(0);
  for (const time of times) counts[Math.min(99, Math.floor(((time - first) / (last - first)) * 100))]! += 1;
  return Math.max(...counts) / times.length;
};

describe('renewalWindow', () => {
  it('begins between 50 and 75 % of the life, and is a tenth of it long', () => {
    expect(minutes(renewalWindow({ ...life, serial: ofBits('0'.repeat(12)) }))).toEqual([500, 600]);
    expect(minutes(renewalWindow({ ...life, serial: ofBits('8'.padEnd(12, '0')) }))).toEqual([625, 725]);
    const [start, end] = minutes(renewalWindow({ ...life, serial: ofBits('f'.repeat(12)) }));
    expect(start).toBeCloseTo(750);
    expect(end).toBeCloseTo(850);
  });

  it('follows the policy, and ends with the certificate', () => {
    const policy = { from: 0.9, to: 0.95, length: 0.2 };
    expect(minutes(renewalWindow({ ...life, serial: ofBits('0'.repeat(12)) }, policy))).toEqual([900, 1000]);
  });

  it('spreads what was issued in one second: no hundredth of the time holds more than 1.6 %', () => {
    const windows = Array.from({ length: 10_000 }, (_, index) =>
      renewalWindow({ ...day, serial: serialNumber(index) }),
    );
    const starts = windows.map(({ start }) => Date.parse(start));
    expect(densest(starts)).toBeLessThan(0.016);
    expect((Math.max(...starts) - Math.min(...starts)) / (24 * 3_600_000)).toBeGreaterThan(0.249);
  });

  it('takes serials of any length', () => expect(minutes(renewalWindow({ ...life, serial }))).toEqual([500, 600]));
});

describe('renewalWindowOf', () => {
  it('is what was chosen at issuance', () => {
    const chosen = { start: at(7), end: at(9) };
    expect(renewalWindowOf({ ...certificate, renewalWindow: chosen })).toBe(chosen);
  });
  it('is the default where none was chosen', () =>
    expect(renewalWindowOf(certificate)).toEqual(
      renewalWindow({ ...certificate, validFrom: certificate.notBefore }, defaultRenewalPolicy),
    ));
});

describe('rotationMoment', () => {
  const ordered = { start: at(0), end: at(100) };

  it('lies in the window', () => {
    expect(rotationMoment(ordered, ofBits('f'.repeat(12)))).toBe(at(0));
    expect(rotationMoment(ordered, ofBits('0', '4'.padEnd(12, '0')))).toBe(at(25));
    expect(rotationMoment({ start: at(3), end: at(3) }, serialNumber(1))).toBe(at(3));
  });

  it('spreads evenly what is ordered at once, whatever its own windows are', () => {
    const late = Array.from({ length: 40_000 }, (_, index) => serialNumber(index)).filter(
      (each) => renewalWindow({ ...day, serial: each }).start > at(15 * 60),
    );
    expect(late.length).toBeGreaterThan(9_000);
    expect(densest(late.map((each) => Date.parse(rotationMoment(ordered, each))))).toBeLessThan(0.016);
  });
});

describe('rotatedWindow', () => {
  const ordered = { start: at(10), end: at(20) };
  const half = ofBits('0', '8'.padEnd(12, '0'));

  it('is moved to the certificate’s turn', () =>
    expect(rotatedWindow({ start: at(30), end: at(40) }, ordered, half)).toEqual({ start: at(15), end: at(20) }));
  it('is never moved later', () => {
    const own = { start: at(14), end: at(40) };
    expect(rotatedWindow(own, ordered, half)).toBe(own);
    expect(rotatedWindow({ start: at(16), end: at(18) }, ordered, half)).toEqual({ start: at(15), end: at(18) });
  });
});
