import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRevokedEntry } from '../../crl/revoked-entry.js';
import { LintedEntries } from './linted-entries.js';
import { faultsOf } from './linted-pieces.js';

const revokedAt = new Date('2026-11-22T09:00:00Z');
const serialOf = (number: number): string => `01${number.toString(16).padStart(32, '0')}`;
const entry = (number: number): Buffer => encodeRevokedEntry({ serial: serialOf(number), revokedAt });

describe('what is known of the entries of an issuer’s last CRL', () => {
  it('makes no difference to what is found in the next, whatever has been put, taken or swapped in between', () => {
    const piece = fc.oneof(
      { weight: 8, arbitrary: fc.nat(40).map((number) => entry(number)) },
      { weight: 1, arbitrary: fc.constantFrom(Buffer.alloc(0), Buffer.from('3000', 'hex')) },
    );
    const change = fc.tuple(fc.nat(20), fc.nat(2), fc.array(piece, { maxLength: 2 }));
    let clean = 0;
    const property = fc.property(
      fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
      (crls) => {
        const linted = new LintedEntries();
        let pieces = Array.from({ length: 12 }, (_, index) => entry(index * 4));
        expect(linted.faultsOf(pieces).size).toBe(0);
        for (const changes of crls) {
          pieces = [...pieces];
          for (const [at, removed, added] of changes) pieces.splice(at, removed, ...added);
          const faults = linted.faultsOf(pieces);
          expect(faults).toEqual(faultsOf(pieces));
          if (faults.size === 0) clean++;
        }
      },
    );
    fc.assert(property, { seed: 5280, numRuns: 2_000 });
    expect(clean).toBeGreaterThan(100);
  });
});
