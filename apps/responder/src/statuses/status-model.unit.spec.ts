import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CertificateEvent, type IssuerId, timestamp } from '@cartulary/domain';
import { PAGE } from './certificate-page.js';
import { type KnownStatus, StatusIndex } from './status-index.js';

const noon = Date.UTC(2026, 10, 22, 12);
const now = new Date(noon);
const RETENTION = 3_600_000;
const at = (minutes: number) => timestamp(new Date(noon + minutes * 60_000));
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');

const issuerId = fc.nat(3).map((number) => hex(number + 1, 16) as IssuerId);
const serial = fc.oneof(
  // Neighbours, which differ in one word each; random ones are rarely drawn twice.
  fc.tuple(fc.nat(7), fc.nat(3)).map(([number, word]) => `01${hex(0, word * 8)}${hex(number, 32 - word * 8)}`),
  fc.constantFrom('01aa', '00ff', '02'.repeat(17), '01'.repeat(20), `01${'0'.repeat(31)}A`),
);
const type = fc.constantFrom(
  ...(['CertificateIssued', 'CertificateHeld', 'CertificateReleased', 'CertificateRevoked'] as const),
);
const reason = fc.constantFrom('unspecified', 'keyCompromise', 'superseded');

interface Said {
  readonly position: number;
  readonly status: KnownStatus['status'];
  readonly final: boolean;
  readonly notAfter: number;
}

/** The same in plain words: by name, the final before the others, then the newest. */
class Model {
  readonly said = new Map<string, Said>();

  apply(event: CertificateEvent, position: number): void {
    const { issuerId, serial, notAfter } = event.data as { issuerId: string; serial: string; notAfter: string };
    const key = `${issuerId} ${serial}`;
    const final = event.type === 'CertificateRevoked';
    const one = { position, final, status: statusAfter(event), notAfter: Date.parse(notAfter) };
    const known = this.said.get(key);
    if (one.notAfter < noon - RETENTION) return;
    if (!known || (known.final === final ? position >= known.position : final)) this.said.set(key, one);
  }
}

const statusAfter = (event: CertificateEvent): KnownStatus['status'] => {
  if (event.type === 'CertificateHeld')
    return { type: 'revoked', reason: 'certificateHold', revokedAt: new Date(event.data.heldAt) };
  if (event.type !== 'CertificateRevoked') return { type: 'good' };
  const { reason, revokedAt } = event.data;
  return { type: 'revoked', ...(reason === 'unspecified' ? {} : { reason }), revokedAt: new Date(revokedAt) };
};

const events = fc
  .array(fc.record({ issuerId, serial, type, reason, ends: fc.integer({ min: -90, max: 90 }) }), { maxLength: 300 })
  .map((list) =>
    list.map(({ type, ends, reason, ...named }, index) => {
      const dates = { heldAt: at(index), releasedAt: at(index), revokedAt: at(index), notAfter: at(ends) };
      return { type, data: { ...named, ...dates, reason } } as unknown as CertificateEvent;
    }),
  );

const dumpAndLoad = (index: StatusIndex): StatusIndex => {
  const dump = index.dump();
  const loaded = new StatusIndex(RETENTION);
  const pages = Array.from({ length: dump.pages }, (_, page) => dump.page(page));
  loaded.load(JSON.parse(JSON.stringify({ ...dump, page: undefined })) as typeof dump, pages);
  return loaded;
};

describe('StatusIndex beside a map', () => {
  it('says the same, in whatever order and however often it is told, pruned, dumped and loaded', () => {
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat(1_000)), fc.integer({ min: 0, max: 180 }), (told, random, later) => {
        const [index, model] = [new StatusIndex(RETENTION), new Model()];
        const placed = told.map((event, position) => ({ event, position: position + 1 }));
        for (const { event, position } of placed) model.apply(event, position);
        const shuffled = [...placed, ...placed.slice(0, 5)]
          .map((one) => ({ one, rank: random.next().value as number }))
          .sort((a, b) => a.rank - b.rank);
        for (const { one } of shuffled) index.apply(one.event, one.position, now);
        const limit = noon + later * 60_000 - RETENTION;
        index.prune(new Date(noon + later * 60_000), 10_000);
        const kept = [...model.said].filter(([, { notAfter }]) => notAfter >= limit);
        for (const one of [index, dumpAndLoad(index)]) {
          expect(one.size).toBe(kept.length);
          for (const [key, { status, position }] of kept) {
            const [issuerId, serial] = key.split(' ') as [IssuerId, string];
            expect(one.find(issuerId, serial)).toEqual({ status, revision: position });
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('finds each of many in little memory, and gives back the room of those that have left', () => {
    const index = new StatusIndex(RETENTION);
    const issuer = hex(1, 16) as IssuerId;
    const serialAt = (number: number) => `01${hex(Math.imul(number, 0x9e3779b1) >>> 0, 8)}${hex(number, 24)}`;
    const count = 4 * PAGE;
    const add = (from: number, to: number, ends: number) => {
      for (let number = from; number < to; number++) {
        index.issued(issuer, serialAt(number), new Date(noon + ends), number + 1, now);
      }
    };
    add(0, count, 0);
    expect(index.size).toBe(count);
    expect(index.octets / count).toBeLessThan(33);
    const later = new Date(noon + 2 * RETENTION);
    for (let round = 0; round < 8; round++) index.prune(later, 10_000);
    expect(index.size).toBe(0);
    const before = index.octets;
    add(count, 2 * count, 3 * RETENTION);
    expect(index.octets).toBeLessThanOrEqual(before * 1.1);
    for (let number = count; number < 2 * count; number += 97) {
      expect(index.find(issuer, serialAt(number))?.revision).toBe(number + 1);
      expect(index.find(issuer, serialAt(number - count))).toBeUndefined();
    }
  });

  it('counts positions from a new base once they have grown far apart', () => {
    const index = new StatusIndex(RETENTION);
    const issuer = hex(1, 16) as IssuerId;
    const far = 2 ** 40;
    const [old, young] = [`01${hex(1, 32)}`, `01${hex(2, 32)}`];
    index.issued(issuer, old, new Date(noon), 5, now);
    index.issued(issuer, young, new Date(noon), far, now);
    expect(index.find(issuer, young)).toEqual({ status: { type: 'good' }, revision: far });
    const held = { issuerId: issuer, serial: old, notAfter: at(0), heldAt: at(0) };
    index.apply({ type: 'CertificateHeld', data: held } as unknown as CertificateEvent, far + 1, now);
    expect(index.find(issuer, old)).toMatchObject({ status: { reason: 'certificateHold' }, revision: far + 1 });
  });
});
