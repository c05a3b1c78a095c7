import { InMemoryLedger, noteAt } from '@cartulary/ledger/testing';
import { type RecordedEvent } from '@cartulary/ledger';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { PositionMerge } from './position-merge.js';

const bounds = (...partitions: string[]) => partitions.map((partition) => ({ partition, low: 0n, end: 0n }));

describe('PositionMerge', () => {
  let events: RecordedEvent[];
  beforeAll(async () => {
    const ledger = new InMemoryLedger();
    for (let index = 0; index < 60; index++) await ledger.append(noteAt(`thing-${index}`));
    events = await ledger.readAll({ after: 0, limit: 100 });
  });
  const held = (partition: string, offset: number, position: number) => ({
    ...{ partition, offset: BigInt(offset), headers: {} },
    event: events[position - 1]!,
  });
  const mark = (position: number, at = position) => ({ position, at, head: position });
  const positions = (batch: { events: readonly RecordedEvent[] } | undefined) =>
    batch?.events.map(({ position }) => position);

  it('gives out nothing that another partition may still precede', () => {
    const merge = new PositionMerge(bounds('a', 'b'), 0);
    merge.pushEvent(held('a', 0, 2));
    expect(merge.take(10)?.events ?? []).toEqual([]);
    merge.pushEvent(held('b', 0, 1));
    expect(positions(merge.take(10))).toEqual([1]);
    merge.pushMark('b', 1n, mark(2));
    expect(positions(merge.take(10))).toEqual([2]);
    expect(merge.take(10)).toBeUndefined();
  });

  it('is as fresh as the partition that was heard of longest ago', () => {
    const merge = new PositionMerge(bounds('a', 'b'), 0);
    merge.pushMark('a', 0n, mark(0, 5_000));
    merge.pushMark('b', 0n, mark(0, 2_000));
    merge.pushMark('a', 1n, mark(0, 6_000));
    expect(merge.take(10)).toMatchObject({ asOf: new Date(2_000), caughtUp: false });
    merge.pushMark('b', 1n, mark(0, 6_000));
    expect(merge.take(10)).toMatchObject({ asOf: new Date(6_000), caughtUp: true });
  });

  it('passes over what was sent once more', () => {
    const merge = new PositionMerge(bounds('a'), 0);
    for (const [offset, position] of [1, 2, 3, 2, 3, 4].entries()) merge.pushEvent(held('a', offset, position));
    expect(positions(merge.take(10))).toEqual([1, 2, 3, 4]);
    for (const [offset, position] of [3, 4, 5].entries()) merge.pushEvent(held('a', 6 + offset, position));
    expect(positions(merge.take(10))).toEqual([5]);
  });

  it('commits the first offset that is not done', () => {
    const merge = new PositionMerge(bounds('a', 'b'), 0);
    for (const [offset, position] of [1, 3].entries()) merge.pushEvent(held('a', offset, position));
    for (const [offset, position] of [2, 4].entries()) merge.pushEvent(held('b', offset, position));
    expect(positions(merge.take(2))).toEqual([1, 2]);
    merge.keep(1);
    expect([...merge.offsets()]).toEqual([
      ['a', 1n],
      ['b', 0n],
    ]);
    expect(positions(merge.take(2))).toEqual([3]);
    merge.keep(3);
    expect([...merge.offsets()]).toEqual([
      ['a', 2n],
      ['b', 1n],
    ]);
    expect([...merge.nextOffsets()]).toEqual([
      ['a', 2n],
      ['b', 2n],
    ]);
  });

  it('notices that events have been deleted before it read them', () => {
    const merge = new PositionMerge([{ partition: 'a', low: 7n, end: 9n }], 3);
    merge.pushMark('a', 7n, mark(3));
    expect(merge.truncated.size).toBe(0);
    const late = new PositionMerge([{ partition: 'a', low: 7n, end: 9n }], 2);
    late.pushMark('a', 7n, mark(3));
    expect([...late.truncated]).toEqual(['a']);
  });

  it('does not miss what it skips on purpose', () => {
    const merge = new PositionMerge([{ partition: 'a', low: 7n, end: 20n, start: 9n }], 2);
    expect([...merge.nextOffsets()]).toEqual([['a', 9n]]);
    merge.pushMark('a', 9n, mark(3));
    expect(merge.truncated.size).toBe(0);
    expect([...merge.nextOffsets()]).toEqual([['a', 10n]]);
  });

  it('makes one sequence of any spread over partitions, whatever is read first and sent twice', () => {
    const spread = fc.array(fc.nat(3), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(
        spread,
        fc.infiniteStream(fc.nat(3)),
        fc.nat(59),
        fc.integer({ min: 1, max: 7 }),
        (to, turns, from, limit) => {
          const names = ['a', 'b', 'c', 'd'];
          const merge = new PositionMerge(bounds(...names), 0);
          // The relay sends everything, then everything after `from` again, a heartbeat behind each tenth event.
          const sent = [...events, ...events.slice(from)];
          const logs = names.map((_, partition) =>
            sent.flatMap(({ position }) => [
              ...(to[position - 1] === partition ? [{ event: position }] : []),
              ...(position % 10 === 0 ? [{ mark: position }] : []),
            ]),
          );
          const given: number[] = [];
          const read = [0, 0, 0, 0];
          while (read.some((count, index) => count < logs[index]!.length)) {
            const turn = turns.next().value ?? 0;
            const index = read.findIndex((count, i) => count < logs[i]!.length && i >= turn);
            const partition = index < 0 ? read.findIndex((count, i) => count < logs[i]!.length) : index;
            const offset = read[partition]!++;
            const record = logs[partition]![offset]!;
            if (record.event !== undefined) merge.pushEvent(held(names[partition]!, offset, record.event));
            else merge.pushMark(names[partition]!, BigInt(offset), mark(record.mark));
            given.push(...(positions(merge.take(limit)) ?? []));
          }
          for (let more = merge.take(limit); more; more = merge.take(limit)) given.push(...positions(more)!);
          expect(given).toEqual(events.map(({ position }) => position));
        },
      ),
    );
  });
});
