import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DerReader } from '../asn1/der-reader.js';
import { sequence } from '../asn1/der-writer.js';
import { encodeRevokedEntry, type CrlReason } from './revoked-entry.js';
import { RevokedEntries } from './revoked-entries.js';

const revokedAt = new Date('2026-11-22T10:00:00Z');
const at = (day: number) => new Date(Date.UTC(2026, 0, day));

const serialsOf = (entries: RevokedEntries): string[] => {
  const reader = new DerReader(sequence(...entries.encode())).enter();
  const serials: string[] = [];
  while (!reader.done) serials.push(reader.enter().unsignedHex());
  return serials;
};

const bySerial = (a: string, b: string): number => (BigInt(`0x${a}`) < BigInt(`0x${b}`) ? -1 : 1);

const serial = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => `01${Buffer.from(bytes).toString('hex')}`),
  fc
    .integer({ min: 1, max: 600 })
    .map((n) => n.toString(16).padStart(4, '0'))
    .map((hex) => hex.replace(/^00/, '')),
);

describe('RevokedEntries', () => {
  it('is a map sorted by serial, whatever is done to it in whatever order', () => {
    const change = fc.record({
      serial,
      day: fc.integer({ min: 1, max: 30 }),
      action: fc.constantFrom('set', 'set', 'set', 'remove'),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 900 }), fc.integer({ min: 1, max: 30 }), (changes, limit) => {
        const [entries, model] = [new RevokedEntries(), new Map<string, number>()];
        for (const { serial, day, action } of changes) {
          if (action === 'set') {
            entries.set({ serial, revokedAt }, at(day));
            model.set(serial, day);
          } else expect(entries.remove(serial)).toBe(model.delete(serial));
        }
        expect(serialsOf(entries)).toEqual([...model.keys()].sort(bySerial));
        expect(entries.size).toBe(model.size);
        for (const { serial } of changes.slice(0, 20)) expect(entries.has(serial)).toBe(model.has(serial));

        const gone = [...model].filter(([, day]) => day < limit).map(([key]) => key);
        expect(entries.removeExpired(at(limit))).toBe(gone.length);
        for (const key of gone) model.delete(key);
        expect(serialsOf(entries)).toEqual([...model.keys()].sort(bySerial));
        expect(entries.size).toBe(model.size);
      }),
      { numRuns: 60 },
    );
  });

  it('splits and keeps order through thousands of entries in ascending and descending order', () => {
    for (const step of [1, -1]) {
      const entries = new RevokedEntries();
      for (let i = 0; i < 3000; i++) {
        const n = step > 0 ? i : 2999 - i;
        entries.set({ serial: `01${n.toString(16).padStart(32, '0')}`, revokedAt }, at(1));
      }
      const serials = serialsOf(entries);
      expect(serials).toHaveLength(3000);
      expect(serials).toEqual([...serials].sort());
    }
  });

  it('says what has changed since a position, with what was removed in its place', () => {
    const step = fc.record({ serial, action: fc.constantFrom('set', 'set', 'remove') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), fc.nat(600), fc.boolean(), (steps, since, copied) => {
        let entries = new RevokedEntries();
        const [model, removed] = [new Map<string, number>(), new Map<string, number>()];
        for (const [index, { serial, action }] of steps.entries()) {
          if (action === 'set') {
            entries.set({ serial, revokedAt }, at(1), index + 1);
            model.set(serial, index + 1);
            removed.delete(serial);
          } else if (entries.remove(serial)) {
            model.delete(serial);
            removed.set(serial, index + 1);
          }
        }
        if (copied) entries = RevokedEntries.from(entries.pieces());
        const later = (of: Map<string, number>) => [...of].filter(([, set]) => set > since).map(([key]) => key);
        const gone = later(removed).map((serial) => ({ serial, removedAt: revokedAt }));
        const changes = entries.changedSince(since, gone);
        expect(serialsOf(changes)).toEqual([...later(model), ...later(removed)].sort(bySerial));
        expect(changes.size).toBe(later(model).length + gone.length);
        expect(serialsOf(entries)).toEqual([...model.keys()].sort(bySerial));
      }),
      { numRuns: 60 },
    );
  });

  it('goes on elsewhere from its pieces, which its own changes leave alone', () => {
    const entries = new RevokedEntries();
    for (let i = 0; i < 500; i++)
      entries.set({ serial: `01${String(i).padStart(32, '0')}`, revokedAt }, at(1 + (i % 9)));
    const pieces = entries.pieces();
    entries.set({ serial: '01', revokedAt }, at(1));
    entries.removeExpired(at(8));
    const other = RevokedEntries.from(pieces);
    expect(other.size).toBe(500);
    other.set({ serial: '01', revokedAt }, at(1));
    other.removeExpired(at(8));
    expect(Buffer.concat(other.encode())).toEqual(Buffer.concat(entries.encode()));
    expect(other.size).toBe(entries.size);
  });

  it('encodes a snapshot that later changes leave alone', () => {
    const entries = new RevokedEntries();
    entries.set({ serial: '01', revokedAt, reason: 'certificateHold' }, at(1));
    const before = entries.encode();
    const copy = Buffer.concat(before);
    entries.set({ serial: '01', revokedAt, reason: 'keyCompromise' }, at(1));
    entries.set({ serial: '02', revokedAt }, at(1));
    expect(Buffer.concat(before)).toEqual(copy);
    expect(Buffer.concat(entries.encode())).not.toEqual(copy);
    expect(entries.size).toBe(2);
  });
});

describe('encodeRevokedEntry', () => {
  it('leaves out the reason when it is unspecified', () => {
    const plain = encodeRevokedEntry({ serial: '01ff', revokedAt });
    expect(plain.toString('hex')).toBe('3013020201ff170d3236313132323130303030305a');
    expect(encodeRevokedEntry({ serial: '01ff', revokedAt, reason: 'unspecified' })).toEqual(plain);
  });

  it.each<[CrlReason, number]>([
    ['keyCompromise', 1],
    ['certificateHold', 6],
    ['aACompromise', 10],
  ])('writes %s as %i', (reason, code) => {
    const hex = encodeRevokedEntry({ serial: '01', revokedAt, reason }).toString('hex');
    expect(hex.endsWith(`300c300a0603551d1504030a01${code.toString(16).padStart(2, '0')}`)).toBe(true);
  });

  it('writes years from 2050 as GeneralizedTime', () => {
    const hex = encodeRevokedEntry({ serial: '01', revokedAt: new Date('2050-01-01T00:00:00Z') }).toString('hex');
    expect(hex).toContain(`180f${Buffer.from('20500101000000Z').toString('hex')}`);
  });

  it.each(['', '0', '00', 'AB', 'zz', `7f${'00'.repeat(20)}`, `ff${'00'.repeat(19)}`])(
    'refuses serial "%s"',
    (serial) => {
      expect(() => encodeRevokedEntry({ serial, revokedAt })).toThrow(
        expect.objectContaining({ code: 'DER_MALFORMED' }),
      );
    },
  );
});
