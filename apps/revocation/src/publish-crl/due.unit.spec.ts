import type { PreparedCrl, PublishedCrl } from '@cartulary/service';
import { describe, expect, it } from 'vitest';
import { due } from './due.js';

const timing = { refresh: 60_000, minInterval: 1_000 };
const NOON = 1_000_000;
const prepared = (number: number) => ({ number, preparedAt: new Date(NOON) }) as PreparedCrl;
const published = (number: number) => ({ number }) as PublishedCrl;
const open = { cutOff: false, expiredAt: 0 };
type Situation = Omit<Parameters<typeof due>[0], 'ending'>;
const at = (situation: Situation, ms: number, ending = open) => due({ ...situation, ending }, timing, NOON + ms);

describe('due', () => {
  it.each([
    ['nothing yet', { prepared: undefined, published: undefined, changedAt: 0 }, 0, { action: 'prepare' }],
    ['prepared, never signed', { prepared: prepared(5), published: undefined, changedAt: 0 }, 0, { action: 'sign' }],
    ['prepared anew', { prepared: prepared(9), published: published(5), changedAt: 8 }, 0, { action: 'sign' }],
    [
      'changed while it is being signed',
      { prepared: prepared(9), published: published(5), changedAt: 12 },
      99_000,
      { action: 'sign' },
    ],
    [
      'a change, the last CRL long ago',
      { prepared: prepared(5), published: published(5), changedAt: 7 },
      5_000,
      { action: 'prepare' },
    ],
    [
      'a change behind another',
      { prepared: prepared(5), published: published(5), changedAt: 7 },
      999,
      { action: 'wait', until: NOON + 1_000 },
    ],
    [
      'a change that is in it',
      { prepared: prepared(5), published: published(5), changedAt: 4 },
      59_999,
      { action: 'wait', until: NOON + 60_000 },
    ],
    [
      'no change, grown old',
      { prepared: prepared(5), published: published(5), changedAt: 4 },
      60_000,
      { action: 'prepare' },
    ],
    [
      'a clock that stepped back',
      { prepared: prepared(5), published: published(5), changedAt: 0 },
      -5_000,
      { action: 'wait', until: NOON + 60_000 },
    ],
  ])('%s', (_, situation, ms, expected) => expect(at(situation, ms)).toEqual(expected));

  const over = { cutOff: false, expiredAt: 7 };
  it.each([
    ['a CRL from before', { prepared: prepared(5), published: published(5), changedAt: 0 }, { action: 'prepare' }],
    ['none at all', { prepared: undefined, published: undefined, changedAt: 0 }, { action: 'prepare' }],
    ['one on the way', { prepared: prepared(5), published: undefined, changedAt: 0 }, { action: 'sign' }],
    ['its final one prepared', { prepared: prepared(9), published: published(5), changedAt: 0 }, { action: 'sign' }],
    ['its final one out', { prepared: prepared(9), published: published(9), changedAt: 12 }, { action: 'rest' }],
  ])('of an expired epoch: %s', (_, situation, expected) => expect(at(situation, 99_000, over)).toEqual(expected));

  it.each([
    { prepared: undefined, published: undefined, changedAt: 0 },
    { prepared: prepared(9), published: published(5), changedAt: 12 },
    { prepared: prepared(9), published: published(9), changedAt: 12 },
  ])('rests once the issuer is cut off (%#)', (situation) =>
    expect(at(situation, 99_000, { cutOff: true, expiredAt: 0 })).toEqual({ action: 'rest' }),
  );
});
