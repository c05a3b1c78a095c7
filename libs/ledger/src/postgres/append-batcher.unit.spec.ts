import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { LedgerOverloadedError, LedgerUnavailableError } from '../errors.js';
import { prepareAppend, type PreparedAppend } from '../prepare-append.js';
import { commandOf, noted } from '../testing/commands.js';
import { AppendBatcher, type BatcherLimits } from './append-batcher.js';
import { type Outcome } from './append-sender.js';

const LIMITS: BatcherLimits = {
  maxBatchCommands: 5,
  maxBatchBytes: 1_000_000,
  maxQueue: 1_000,
  queueTimeout: 10_000,
  gathering: 0,
};

/** Holds each batch until it is let go. */
class HeldSender {
  readonly batches: (readonly PreparedAppend[])[] = [];
  private held: (() => void)[] = [];

  send(batch: readonly PreparedAppend[]): Promise<Outcome[]> {
    this.batches.push(batch);
    const outcomes = batch.map((): Outcome => ({ outcome: 'mismatch' }));
    return new Promise((resolve) => this.held.push(() => resolve(outcomes)));
  }

  letGo(): void {
    const held = this.held;
    this.held = [];
    for (const release of held) release();
  }
}

interface Shape {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly key: string | undefined;
}

const prepared = ({ reads, writes, key }: Shape): PreparedAppend =>
  prepareAppend(
    commandOf(
      [...new Set([...reads, ...writes])].map((stream) => ({ stream, version: 0 })),
      writes.map((stream) => noted(stream)),
      key === undefined ? undefined : { scope: 's', key, fingerprint: 'f' },
    ),
  );
const writing = (...writes: string[]) => prepared({ reads: [], writes, key: undefined });

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('AppendBatcher', () => {
  it('sends at once when idle, and what gathers meanwhile as one batch', async () => {
    const sender = new HeldSender();
    const batcher = new AppendBatcher([sender], LIMITS);
    const submitted = ['a', 'b', 'c', 'd'].map((stream) => batcher.submit(writing(stream)));
    expect(sender.batches.map((batch) => batch.length)).toEqual([1]);
    sender.letGo();
    await submitted[0];
    expect(sender.batches.map((batch) => batch.length)).toEqual([1, 3]);
    sender.letGo();
    await Promise.all(submitted);
  });

  it('waits a moment for others where there were others, and not for long, nor when there are enough', async () => {
    const senders = [new HeldSender(), new HeldSender()];
    const batcher = new AppendBatcher(senders, { ...LIMITS, gathering: 20 });
    const sizes = () => senders.flatMap(({ batches }) => batches.map((batch) => batch.length)).sort();
    const submitted = ['a', 'b', 'c'].map((stream) => batcher.submit(writing(stream)));
    expect(sizes()).toEqual([1]);
    await vi.waitFor(() => expect(sizes()).toEqual([1, 2]));
    senders.forEach((sender) => sender.letGo());
    await Promise.all(submitted);
    submitted.push(...['d', 'e', 'f', 'g', 'h'].map((stream) => batcher.submit(writing(stream))));
    expect(sizes()).toEqual([1, 2, 5]);
    senders.forEach((sender) => sender.letGo());
    await Promise.all(submitted);
    await batcher.close();
  });

  it('keeps batches within their limits of commands and bytes', async () => {
    const sender = new HeldSender();
    const size = writing('a').bytes;
    const batcher = new AppendBatcher([sender], { ...LIMITS, maxBatchBytes: 3 * size + 1 });
    const all = Promise.all(Array.from('abcdefghijk', (stream) => batcher.submit(writing(stream))));
    for (let round = 0; round < 6; round++) {
      sender.letGo();
      await tick();
    }
    await all;
    expect(sender.batches.map((batch) => batch.length)).toEqual([1, 3, 3, 3, 1]);
  });

  it('refuses what is more than its queue holds, and all of it when closed', async () => {
    const sender = new HeldSender();
    const batcher = new AppendBatcher([sender], { ...LIMITS, maxQueue: 2 });
    const travelling = batcher.submit(writing('a'));
    const waiting = ['b', 'c'].map((stream) => batcher.submit(writing(stream)));
    expect(() => batcher.submit(writing('d'))).toThrow(LedgerOverloadedError);
    const closing = batcher.close();
    for (const outcome of await Promise.all(waiting)) {
      expect(outcome).toMatchObject({ outcome: 'failed', error: expect.any(LedgerUnavailableError) as unknown });
    }
    sender.letGo();
    expect(await travelling).toEqual({ outcome: 'mismatch' });
    await closing;
    expect(() => batcher.submit(writing('e'))).toThrow(LedgerUnavailableError);
  });

  it('does not let a caller wait longer than it may for a sender that hangs', async () => {
    const batcher = new AppendBatcher([new HeldSender()], { ...LIMITS, queueTimeout: 40 });
    void batcher.submit(writing('a'));
    const before = performance.now();
    expect(await batcher.submit(writing('b'))).toMatchObject({ outcome: 'failed' });
    expect(performance.now() - before).toBeLessThan(500);
  });

  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const shape: fc.Arbitrary<Shape> = fc.record({
    reads: fc.array(name, { maxLength: 2 }),
    writes: fc.array(name, { minLength: 1, maxLength: 2 }),
    key: fc.option(fc.constantFrom('k', 'l'), { nil: undefined }),
  });

  it('never lets two commands that meet travel together, keeps their order and loses none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { maxLength: 40 }), async (shapes) => {
        const senders = [new HeldSender(), new HeldSender()];
        const batcher = new AppendBatcher(senders, LIMITS);
        const commands = shapes.map(prepared);
        const sent: PreparedAppend[] = [];
        const all = Promise.all(commands.map((command) => batcher.submit(command)));
        for (let round = 0; round < 100 && sent.length < commands.length; round++) {
          const travelling = senders.flatMap((sender) => sender.batches.splice(0).flat());
          for (const [index, one] of travelling.entries()) {
            for (const other of travelling.slice(index + 1)) expect(meet(one, other)).toBe(false);
          }
          sent.push(...travelling);
          for (const sender of senders) sender.letGo();
          await tick();
        }
        await all;
        const order = sent.map((command) => commands.indexOf(command));
        expect(order.toSorted((a, b) => a - b)).toEqual(commands.map((_command, index) => index));
        for (const [place, index] of order.entries()) {
          for (const later of order.slice(place + 1)) {
            if (later < index) expect(meet(commands[later]!, commands[index]!)).toBe(false);
          }
        }
      }),
    );
  });
});

function meet(one: PreparedAppend, other: PreparedAppend): boolean {
  const named = (command: PreparedAppend) => command.expectations.map(({ stream }) => stream);
  const writes = (command: PreparedAppend) => command.events.map(({ stream }) => stream);
  const overlap = (a: string[], b: string[]) => a.some((item) => b.includes(item));
  const key = one.idempotency?.key;
  return (
    overlap(writes(one), named(other)) ||
    overlap(writes(other), named(one)) ||
    (key !== undefined && key === other.idempotency?.key)
  );
}
