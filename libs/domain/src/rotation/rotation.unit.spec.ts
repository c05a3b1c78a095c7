import { describe, expect, it } from 'vitest';
import { fold } from '../shared/decider.js';
import { InvalidValueError } from '../shared/errors.js';
import { parseSerial, type Serial } from '../shared/ids.js';
import { at, certificate, identity, issuerId, otherIdentity, serial, successorSerial } from '../testing/fixtures.js';
import { cellsOf, outcomeOf, specificationFor } from '../testing/specification.js';
import { dueRotation, parseRotationId, type RotationEvent, type RotationProgress } from './events.js';
import {
  decideDue,
  MOST_SERIALS_ORDERED,
  type RotationCommand,
  rotationDecider,
  type RotationState,
  SERIALS_PER_EVENT,
} from './rotation.js';
import { isSelected, namespaceOf } from './selector.js';

const given = specificationFor(rotationDecider);
const rotationId = parseRotationId('abcdef012345');
const window = { start: at(0), end: at(10) };
const order = { rotationId, selector: { identity }, window } as const;
const counts = (matched: number, replaced = 0, ended = 0) => ({ matched, replaced, ended });
const progressOf = (matched: number, due: number, replaced: number, ended: number): RotationProgress => ({
  ...{ matched, due, replaced, ended },
  remaining: matched - replaced - ended,
});
const report = (counted: ReturnType<typeof counts>, due: readonly Serial[] = [], minute = 1): RotationCommand => ({
  type: 'ReportProgress',
  rotationId,
  counts: counted,
  due,
  now: at(minute),
});
const ordered: RotationEvent = { type: 'RotationOrdered', data: { ...order, orderedAt: at(0) } };
const progressed = (progress: RotationProgress, due?: readonly Serial[], minute = 1): RotationEvent => ({
  type: 'RotationProgressed',
  data: { rotationId, progress, ...(due ? { due } : {}), progressedAt: at(minute) },
});
const completed = (progress: RotationProgress, minute = 1): RotationEvent => ({
  type: 'RotationCompleted',
  data: { rotationId, progress, completedAt: at(minute) },
});
const serials = (count: number) => Array.from({ length: count }, (_, index) => parseSerial((index + 1).toString(16)));

const histories: Record<RotationState['status'], RotationEvent[]> = {
  unknown: [],
  ordered: [ordered],
  completed: [ordered, completed(progressOf(0, 0, 0, 0))],
};
const commands: { [Type in RotationCommand['type']]: RotationCommand & { type: Type } } = {
  OrderRotation: { type: 'OrderRotation', ...order, now: at(0) },
  ReportProgress: report(counts(1)) as RotationCommand & { type: 'ReportProgress' },
};
const table: Record<RotationState['status'], Record<RotationCommand['type'], string>> = {
  unknown: { OrderRotation: 'RotationOrdered', ReportProgress: 'ROTATION_NOT_FOUND' },
  ordered: { OrderRotation: 'ROTATION_EXISTS', ReportProgress: 'RotationProgressed' },
  completed: { OrderRotation: 'ROTATION_EXISTS', ReportProgress: 'nothing' },
};
it.each(cellsOf(histories, commands, table))('$state: $name → $expected', ({ history, command, expected }) =>
  expect(outcomeOf(rotationDecider, history, command)).toBe(expected),
);

describe('OrderRotation', () => {
  it('says what is to be replaced, and when', () => given([]).when(commands.OrderRotation).then([ordered]));
  it('refuses a window that ends before it begins', () =>
    given([])
      .when({ ...commands.OrderRotation, window: { start: at(1), end: at(0) } })
      .thenThrows(InvalidValueError));
  it.each([[[]], [[serial, serial]], [serials(MOST_SERIALS_ORDERED + 1)]])('refuses the serials %#', (some) =>
    given([])
      .when({ ...commands.OrderRotation, selector: { serials: some } })
      .thenThrows(InvalidValueError),
  );
});

describe('ReportProgress', () => {
  it('tells how many were found, and whose turn it is', () =>
    given([ordered])
      .when(report(counts(3), [serial]))
      .then([progressed(progressOf(3, 1, 0, 0), [serial])]));
  it('tells of those whose turn it was, and of what became of them', () =>
    given([ordered, progressed(progressOf(3, 1, 0, 0), [serial])])
      .when(report(counts(3, 1, 1), [successorSerial], 2))
      .then([progressed(progressOf(3, 2, 1, 1), [successorSerial], 2)]));
  it('tells nothing twice', () =>
    given([ordered, progressed(progressOf(3, 1, 0, 0), [serial])])
      .when(report(counts(3), [], 2))
      .then([]));
  it('makes several events of a long list', () => {
    const due = serials(SERIALS_PER_EVENT + 2);
    given([ordered])
      .when(report(counts(2_000), due))
      .then([
        progressed(progressOf(2_000, SERIALS_PER_EVENT, 0, 0), due.slice(0, SERIALS_PER_EVENT)),
        progressed(progressOf(2_000, SERIALS_PER_EVENT + 2, 0, 0), due.slice(SERIALS_PER_EVENT)),
      ]);
  });
  it('completes what has nothing left', () =>
    given([ordered, progressed(progressOf(3, 3, 1, 0))])
      .when(report(counts(3, 2, 1), [], 5))
      .then([completed(progressOf(3, 3, 2, 1), 5)]));
  it('completes at once what found nothing', () =>
    given([ordered])
      .when(report(counts(0)))
      .then([completed(progressOf(0, 0, 0, 0))]));
});

describe('decideDue', () => {
  it('orders what is due, in events that fit', () => {
    const due = serials(2 * SERIALS_PER_EVENT + 1);
    const events = decideDue(due, at(3));
    expect(events.map(({ data }) => data.selector)).toEqual([
      { due: at(3), serials: due.slice(0, SERIALS_PER_EVENT) },
      { due: at(3), serials: due.slice(SERIALS_PER_EVENT, -1) },
      { due: at(3), serials: due.slice(-1) },
    ]);
    expect(events[0]?.data).toMatchObject({ rotationId: dueRotation, orderedAt: at(3) });
    const longest = decideDue(new Array<Serial>(SERIALS_PER_EVENT).fill(parseSerial('7f'.repeat(20))), at(3));
    // An envelope has 65 535 bytes; what is around the data needs less than 1 000.
    expect(JSON.stringify(longest[0]?.data).length).toBeLessThan(64_500);
  });
  it('orders nothing of nothing', () => expect(decideDue([], at(3))).toEqual([]));
});

describe('isSelected', () => {
  it.each([
    [{ identity }, true],
    [{ identity: otherIdentity }, false],
    [{ namespace: 'shop' }, true],
    [{ namespace: 'sho' }, false],
    [{ issuerId }, true],
    [{ serials: [successorSerial, serial] }, true],
    [{ serials: [successorSerial] }, false],
  ])('by %j: %s', (selector, expected) => expect(isSelected(selector, certificate)).toBe(expected));

  it('never means what answers OCSP', () =>
    expect(isSelected({ issuerId }, { ...certificate, profile: 'ocsp-signing' })).toBe(false));
  it('finds no namespace in a system identity', () => {
    const { identity: _, ...nobody } = certificate;
    expect(namespaceOf('spiffe://cluster.local/cartulary/operator/ns' as typeof identity)).toBeUndefined();
    expect(isSelected({ namespace: 'shop' }, nobody)).toBe(false);
  });
});

describe('evolve', () => {
  it('keeps order and progress', () =>
    expect(fold(rotationDecider, [ordered, progressed(progressOf(3, 1, 0, 0))])).toEqual({
      ...{ status: 'ordered', order: ordered.data, progress: progressOf(3, 1, 0, 0) },
    }));
  it('does not revive what is complete', () =>
    expect(fold(rotationDecider, [...histories.completed, ordered, progressed(progressOf(1, 1, 0, 0))])).toEqual(
      fold(rotationDecider, histories.completed),
    ));
  it.each(Object.entries(histories))('ignores events it does not know (%s)', (_name, history) => {
    const state = fold(rotationDecider, history);
    expect(fold({ ...rotationDecider, initial: state }, [{ type: 'FromTheFuture', data: {} }])).toBe(state);
  });
});

it.each(['', 'due', 'abcdef01234', 'ABCDEF012345', 'abcdef0123456'])('refuses the rotation id %j', (text) =>
  expect(() => parseRotationId(text)).toThrow(InvalidValueError),
);
