import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerDates } from './answer-dates.js';

const noon = Date.UTC(2026, 10, 22, 12);
const at = (seconds: number): Date => new Date(noon + seconds * 1_000);
const input = {
  now: at(0),
  asOf: at(-1),
  clockSkew: 300_000,
  validity: 900_000,
  issuerNotBefore: at(-86_400),
  signerNotAfter: at(86_400),
};

describe('answerDates', () => {
  it('counts both from what is known', () => {
    expect(answerDates(input)).toEqual({ thisUpdate: at(-301), nextUpdate: at(899) });
  });

  it('does not go back behind the issuer’s beginning', () => {
    expect(answerDates({ ...input, issuerNotBefore: at(-60) }).thisUpdate).toEqual(at(-60));
  });

  it('ends with the delegated certificate', () => {
    expect(answerDates({ ...input, signerNotAfter: at(30) }).nextUpdate).toEqual(at(30));
  });

  it('never claims more than is known, whatever the clocks say', () => {
    const time = fc.integer({ min: -100_000_000, max: 100_000_000 }).map((ms) => new Date(noon + ms));
    const times = fc.record({ now: time, asOf: time, issuerNotBefore: time, signerNotAfter: time });
    fc.assert(
      fc.property(times, (drawn) => {
        const { thisUpdate, nextUpdate } = answerDates({ ...input, ...drawn });
        expect(thisUpdate.getTime()).toBeLessThanOrEqual(Math.min(drawn.asOf.getTime(), drawn.now.getTime()));
        expect(nextUpdate.getTime()).toBeLessThanOrEqual(drawn.asOf.getTime() + input.validity);
        expect(nextUpdate.getTime()).toBeLessThanOrEqual(drawn.signerNotAfter.getTime());
      }),
    );
  });
});
