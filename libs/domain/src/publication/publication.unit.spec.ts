import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Base64 } from '../shared/ids.js';
import { at, issuerId } from '../testing/fixtures.js';
import {
  type CrlPrepared,
  type CrlPublished,
  CrlSupersededError,
  decidePublication,
  evolvePublication,
  noPublication,
  type PublicationEvent,
  type PublicationState,
} from './publication.js';

const preparation: CrlPrepared['data'] = {
  issuerId,
  thisUpdate: at(-5),
  nextUpdate: at(60),
  expiredBefore: at(-65),
  preparedAt: at(0),
};
const publication = (number: number): CrlPublished['data'] => ({
  issuerId,
  number,
  thisUpdate: at(-5),
  nextUpdate: at(60),
  entries: 3,
  size: 400,
  sha256: 'dd'.repeat(32),
  signature: 'MAA=' as Base64,
  publishedAt: at(1),
});
const prepared: PublicationEvent = { type: 'CrlPrepared', data: preparation };
const published = (number: number): PublicationEvent => ({ type: 'CrlPublished', data: publication(number) });

type Positioned = readonly [position: number, event: PublicationEvent];
const foldAt = (history: readonly Positioned[], state = noPublication): PublicationState =>
  history.reduce((folded, [position, event]) => evolvePublication(folded, event, position), state);
const publish = (number: number, history: readonly Positioned[]) =>
  decidePublication({ type: 'PublishCrl', ...publication(number) }, foldAt(history));

describe('PrepareCrl', () => {
  it.each([
    ['at first', []],
    ['over one that was never signed', [[7, prepared]]],
    [
      'after a publication',
      [
        [7, prepared],
        [8, published(7)],
      ],
    ],
  ] as [string, Positioned[]][])('is always possible: %s', (_name, history) =>
    expect(decidePublication({ type: 'PrepareCrl', ...preparation }, foldAt(history))).toEqual([prepared]),
  );
});

describe('PublishCrl', () => {
  it('takes the position of the preparation as number', () =>
    expect(publish(7, [[7, prepared]])).toEqual([published(7)]));
  it('says of its delta what it doesn’t share with it, and repeats the rest', () => {
    const { issuerId, number, thisUpdate, publishedAt } = publication(7);
    const delta = {
      ...{ base: 3, nextUpdate: at(30), entries: 1, size: 300 },
      ...{ sha256: 'ee'.repeat(32), signature: 'MAE=' as Base64 },
    };
    const command = { type: 'PublishCrl' as const, ...publication(7), delta };
    expect(decidePublication(command, foldAt([[7, prepared]]))).toEqual([
      published(7),
      { type: 'DeltaCrlPublished', data: { issuerId, number, thisUpdate, publishedAt, ...delta } },
    ]);
    expect(
      decidePublication(
        command,
        foldAt([
          [7, prepared],
          [8, published(7)],
        ]),
      ),
    ).toEqual([]);
  });
  it('records nothing for the same number again: the first signature counts', () =>
    expect(
      publish(7, [
        [7, prepared],
        [8, published(7)],
      ]),
    ).toEqual([]));
  it('records nothing for the same number while the next is prepared', () =>
    expect(
      publish(7, [
        [7, prepared],
        [8, published(7)],
        [9, prepared],
      ]),
    ).toEqual([]));
  it.each([
    ['nothing was prepared', 7, []],
    ['the number is 0', 0, []],
    [
      'a newer one was prepared',
      7,
      [
        [7, prepared],
        [9, prepared],
      ],
    ],
    ['it was never prepared', 8, [[7, prepared]]],
    [
      'a newer one was published',
      7,
      [
        [7, prepared],
        [9, prepared],
        [10, published(9)],
      ],
    ],
  ] as [string, number, Positioned[]][])('is discarded when %s', (_name, number, history) =>
    expect(() => publish(number, history)).toThrow(CrlSupersededError),
  );
});

describe('evolvePublication', () => {
  it('keeps number, dates and the last preparation', () =>
    expect(
      foldAt([
        [7, prepared],
        [8, published(7)],
        [9, prepared],
      ]),
    ).toEqual({
      prepared: 9,
      published: 7,
      preparedAt: at(0),
      nextUpdate: at(60),
    }));
  it('ignores events it does not know', () => {
    const unknown = { type: 'CrlArchived', data: {} } as unknown as PublicationEvent;
    expect(evolvePublication(noPublication, unknown, 3)).toBe(noPublication);
  });
});

it('never publishes a lower number after a higher one, whoever prepares and signs in whatever order', () =>
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 40 })), { maxLength: 40 }), (choices) => {
      let [state, position] = [noPublication, 0];
      const numbers: number[] = [];
      for (const choice of choices) {
        let events: PublicationEvent[] = [];
        try {
          const command =
            choice === null
              ? ({ type: 'PrepareCrl', ...preparation } as const)
              : ({ type: 'PublishCrl', ...publication(choice) } as const);
          events = decidePublication(command, state);
        } catch (error) {
          expect(error).toBeInstanceOf(CrlSupersededError);
        }
        for (const event of events) {
          position += 1;
          state = evolvePublication(state, event, position);
          if (event.type === 'CrlPublished') numbers.push(event.data.number);
        }
        expect(state.published).toBeLessThanOrEqual(state.prepared);
      }
      expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
    }),
  ));
