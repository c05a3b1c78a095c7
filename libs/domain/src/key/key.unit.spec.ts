import { describe, expect, it } from 'vitest';
import { InvalidityDateError } from '../certificate/errors.js';
import type { RevocationReason } from '../certificate/reasons.js';
import { fold } from '../shared/decider.js';
import type { Timestamp } from '../shared/ids.js';
import { at, keyHash } from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import { type BlockKey, keyDecider, type KeyEvent, type KeyState } from './key.js';

const given = specificationFor(keyDecider);
const block = (reason: RevocationReason, now: Timestamp, invalidityDate?: Timestamp): BlockKey => ({
  type: 'BlockKey',
  keyHash,
  reason,
  now,
  ...(invalidityDate ? { invalidityDate } : {}),
});
const blocked = (reason: RevocationReason, blockedAt: Timestamp, invalidityDate?: Timestamp): KeyEvent => ({
  type: 'KeyBlocked',
  data: { keyHash, reason, blockedAt, ...(invalidityDate ? { invalidityDate } : {}) },
});

const histories = {
  usable: [],
  blocked: [blocked('superseded', at(1))],
  'blocked for compromise': [blocked('keyCompromise', at(1))],
} satisfies Record<KeyState['status'], KeyEvent[]> & Record<string, KeyEvent[]>;
const commands = {
  harmless: block('cessationOfOperation', at(2)),
  compromised: block('keyCompromise', at(2)),
  'from the future': block('keyCompromise', at(2), at(3)),
};
const table: Record<keyof typeof histories, Record<keyof typeof commands, string>> = {
  usable: { harmless: 'KeyBlocked', compromised: 'KeyBlocked', 'from the future': 'INVALIDITY_DATE_IN_FUTURE' },
  blocked: { harmless: 'nothing', compromised: 'KeyBlocked', 'from the future': 'INVALIDITY_DATE_IN_FUTURE' },
  'blocked for compromise': {
    harmless: 'nothing',
    compromised: 'nothing',
    'from the future': 'INVALIDITY_DATE_IN_FUTURE',
  },
};
it.each(cellsOf(histories, commands, table))('$state: BlockKey $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(keyDecider, history, command)).toBe(expected),
);

describe('BlockKey', () => {
  it('records reason, time and since when the key is suspect', () =>
    given([])
      .when(block('keyCompromise', at(2), at(-100)))
      .then([blocked('keyCompromise', at(2), at(-100))]));
  it('takes compromise as a later reason and keeps the date', () =>
    given([blocked('superseded', at(1))])
      .when(block('keyCompromise', at(2), at(0)))
      .then([blocked('keyCompromise', at(1), at(0))]));
  it('refuses an invalidity date that its handler could not record', () =>
    given([])
      .when(block('keyCompromise', at(2), at(3)))
      .thenThrows(InvalidityDateError));
});

describe('evolve', () => {
  it('blocks for ever', () =>
    expect(fold(keyDecider, [blocked('superseded', at(1)), { type: 'KeyUnblocked', data: {} }])).toEqual({
      status: 'blocked',
      reason: 'superseded',
      blockedAt: at(1),
    }));
  it('ignores events it does not know', () =>
    expect(fold(keyDecider, [{ type: 'FromTheFuture', data: {} }])).toBe(keyDecider.initial));
});
