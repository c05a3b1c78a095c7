import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ledger, LedgerUnavailableError, type RecordedEvent } from '@cartulary/ledger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransientError } from '../errors.js';
import { type Consumer, type Transport } from '../transport.js';
import { until } from './until.js';

/** What the contract runs on: one source of events and any number of "processes" connected to it. */
export interface TransportHarness {
  /** Where events come from. */
  readonly ledger: Ledger;
  /** A transport as another process would have; retries in milliseconds, three attempts at an event. */
  connect(): Promise<Transport>;
  /** Milliseconds within which a standby takes over from an active consumer that stopped. */
  readonly takeOver: number;
  close(): Promise<void>;
}

/** What every transport keeps to. */
export const transportContract = (create: () => Promise<TransportHarness>): void => {
  let harness: TransportHarness;
  let transport: Transport;
  beforeAll(async () => {
    harness = await create();
    transport = await harness.connect();
  });
  afterAll(async () => {
    await transport.close();
    await harness.close();
  });

  // Each test follows aggregates and types of its own: a group starts at the ledger's beginning.
  const names = () => {
    const id = randomUUID();
    const type = `Noted${id.replaceAll('-', '')}`;
    return { group: `group-${id}`, aggregate: `thing${id.slice(0, 8)}`, type };
  };
  const append = async (stream: string, type: string, count = 1): Promise<RecordedEvent[]> => {
    const version = (await harness.ledger.heads([stream])).get(stream)!;
    const events = Array.from({ length: count }, (_, index) => ({ stream, type, data: { index: version + index } }));
    const result = await harness.ledger.append({
      expectations: [{ stream, version }],
      events,
      actor: { id: 'system:test', credential: 'system' },
      correlationId: 'correlation',
      recordedAt: '2026-03-01T12:00:00.000Z',
    });
    return [...result.events];
  };
  const positions = (events: readonly RecordedEvent[]): number[] => events.map(({ position }) => position);

  describe('consume', () => {
    it('hands over what is there and what comes, in order, complete', async () => {
      const { group, aggregate, type } = names();
      const expected = positions(await append(`${aggregate}-1`, type, 3));
      const seen: RecordedEvent[] = [];
      const consumer = transport.consume({ group, types: [type], handle: async (events) => void seen.push(...events) });
      await until(() => seen.length === 3);
      expected.push(...positions(await append(`${aggregate}-2`, type, 2)));
      await until(() => seen.length === 5);
      expect(positions(seen)).toEqual(expected);
      expect(seen[0]!.envelope.toString()).toContain(type);
      await until(() => consumer.position() >= expected.at(-1)! && consumer.lag() === 0);
      expect(consumer.active()).toBe(true);
      await consumer.stop();
      expect(consumer.active()).toBe(false);
    });

    it('hands over only the aggregates and types that were asked for', async () => {
      const { group, aggregate, type } = names();
      await append(`${aggregate}-1`, `${type}Other`);
      await append(`${aggregate}x-1`, type);
      const [wanted] = await append(`${aggregate}-1`, type);
      const seen: RecordedEvent[] = [];
      const handle = async (events: readonly RecordedEvent[]) => void seen.push(...events);
      const consumer = transport.consume({ group, aggregates: [aggregate], types: [type], handle });
      await until(() => consumer.position() >= wanted!.position);
      expect(positions(seen)).toEqual([wanted!.position]);
      await consumer.stop();
    });

    it('goes on after what was done, and only that', async () => {
      const { group, aggregate, type } = names();
      const before = positions(await append(`${aggregate}-1`, type, 3));
      const first: number[] = [];
      const consumer = transport.consume({
        group,
        types: [type],
        handle: async (events) => void first.push(...positions(events)),
      });
      await until(() => first.length === 3 && consumer.position() >= before[2]!);
      await consumer.stop();
      const after = positions(await append(`${aggregate}-1`, type, 2));
      const second: number[] = [];
      const other = await harness.connect();
      other.consume({ group, types: [type], handle: async (events) => void second.push(...positions(events)) });
      await until(() => second.length >= 2);
      expect(second).toEqual(after);
      await other.close();
    });

    it('repeats what a stopped consumer had begun and not done', async () => {
      const { group, aggregate, type } = names();
      const [event] = await append(`${aggregate}-1`, type);
      let begun = 0;
      const consumer = transport.consume({
        group,
        types: [type],
        handle: () => {
          begun++;
          return Promise.reject(new TransientError('not now'));
        },
      });
      await until(() => begun > 0);
      await consumer.stop();
      const seen: number[] = [];
      const again = transport.consume({
        group,
        types: [type],
        handle: async (events) => void seen.push(...positions(events)),
      });
      await until(() => seen.length > 0);
      expect(seen).toEqual([event!.position]);
      await again.stop();
    });

    it('waits for a handler before it goes on and before it stops', async () => {
      const { group, aggregate, type } = names();
      await append(`${aggregate}-1`, type);
      let [running, most, finished] = [0, 0, 0];
      const consumer = transport.consume({
        group,
        types: [type],
        handle: async () => {
          most = Math.max(most, ++running);
          await sleep(50);
          running--;
          finished++;
        },
      });
      await until(() => running === 1);
      await append(`${aggregate}-2`, type);
      await consumer.stop();
      expect([running, most, finished]).toEqual([0, 1, 1]);
    });

    it('has one active consumer a group, and a standby that takes over', async () => {
      const { group, aggregate, type } = names();
      const others = [await harness.connect(), await harness.connect()];
      const seen: number[] = [];
      const consumers: Consumer[] = others.map((other) =>
        other.consume({ group, types: [type], handle: async (events) => void seen.push(...positions(events)) }),
      );
      const active = () => consumers.filter((consumer) => consumer.active());
      await until(() => active().length === 1);
      const expected = positions(await append(`${aggregate}-1`, type, 2));
      await until(() => seen.length === 2);
      const [leader] = active();
      await until(() => leader!.position() >= expected[1]!);
      await leader!.stop();
      const stopped = performance.now();
      await until(() => active().length === 1);
      expect(performance.now() - stopped).toBeLessThan(harness.takeOver);
      expected.push(...positions(await append(`${aggregate}-1`, type)));
      await until(() => seen.length === 3);
      expect(seen).toEqual(expected);
      await Promise.all(others.map((other) => other.close()));
    });

    it('retries for ever when the moment is wrong, in order', async () => {
      const { group, aggregate, type } = names();
      const expected = positions(await append(`${aggregate}-1`, type, 2));
      const seen: number[] = [];
      let refusals = 0;
      const consumer = transport.consume({
        group,
        types: [type],
        handle: async (events) => {
          if (++refusals <= 8) {
            throw refusals % 2 ? new TransientError('busy') : new LedgerUnavailableError('restarting');
          }
          seen.push(...positions(events));
        },
      });
      await until(() => seen.length === 2);
      expect(seen).toEqual(expected);
      expect(await transport.poisonEvents(group)).toEqual([]);
      await consumer.stop();
    });
  });

  describe('poison', () => {
    const consumePoison = async () => {
      const { group, aggregate, type } = names();
      const events = await append(`${aggregate}-1`, type, 5);
      const poison = events[2]!.position;
      const seen: number[] = [];
      let attempts = 0;
      const consumer = transport.consume({
        group,
        types: [type],
        handle: async (some) => {
          if (some.some(({ position }) => position === poison)) {
            if (some.length === 1) attempts++;
            throw new RangeError('no such reason: 99');
          }
          seen.push(...positions(some));
        },
      });
      await until(() => consumer.position() >= events[4]!.position);
      return { group, type, events, poison, seen, consumer, attempts: () => attempts };
    };

    it('sets aside an event that fails again and again, with the reason, and goes on', async () => {
      const { group, type, events, poison, seen, consumer, attempts } = await consumePoison();
      expect(seen).toEqual(positions(events).filter((position) => position !== poison));
      expect(attempts()).toBe(3);
      const [aside, ...others] = await transport.poisonEvents(group);
      expect(others).toEqual([]);
      expect(aside).toEqual({
        id: `${group}/${poison}`,
        group,
        position: poison,
        stream: events[2]!.stream,
        type,
        reason: 'RangeError: no such reason: 99',
        attempts: 3,
        setAsideAt: expect.any(Date) as Date,
      });
      await consumer.stop();
    });

    it('replays it, and forgets it only when that succeeds', async () => {
      const { group, poison, consumer } = await consumePoison();
      await consumer.stop();
      const failing = transport.replayPoison(group, poison, () => Promise.reject(new Error('still not')));
      await expect(failing).rejects.toThrow('still not');
      const after = { id: `${group}/${poison}`, attempts: 4, reason: 'Error: still not' };
      expect(await transport.poisonEvents(group)).toEqual([expect.objectContaining(after)]);
      expect(await transport.poisonEvents()).toContainEqual(expect.objectContaining(after));
      const seen: number[] = [];
      const handle = async (events: readonly RecordedEvent[]) => void seen.push(...positions(events));
      expect(await transport.replayPoison(group, poison, handle)).toBe(true);
      expect(seen).toEqual([poison]);
      expect(await transport.poisonEvents(group)).toEqual([]);
      expect(await transport.replayPoison(group, poison, handle)).toBe(false);
      expect((await transport.poisonEvents()).filter((event) => event.group === group)).toEqual([]);
    });

    it('knows how its own consumers handle, and nobody else’s', async () => {
      const { group } = names();
      const handle = () => Promise.resolve();
      const consumer = transport.consume({ group, types: ['Nothing'], handle });
      expect(transport.handlerOf(group)).toBe(handle);
      expect(transport.handlerOf(`${group}-other`)).toBeUndefined();
      await consumer.stop();
    });
  });

  describe('follow', () => {
    it('shows every follower everything after its position, in order', async () => {
      const { aggregate, type } = names();
      const events = positions(await append(`${aggregate}-1`, type, 4));
      const seen: number[][] = [[], []];
      const followers = seen.map((list, index) =>
        transport.follow({
          name: `replica ${index}`,
          after: events[index]!,
          types: [type],
          handle: (some) => void list.push(...positions(some)),
        }),
      );
      await Promise.all(followers.map((follower) => follower.caughtUp));
      expect(seen).toEqual([events.slice(1), events.slice(2)]);
      const [late] = positions(await append(`${aggregate}-1`, type));
      await until(() => seen.every((list) => list.at(-1) === late));
      expect(followers.map((follower) => follower.position() >= late!)).toEqual([true, true]);
      await Promise.all(followers.map((follower) => follower.stop()));
    });

    it('says how fresh it is at least each second, also when nothing comes', async () => {
      const { type } = names();
      const told: Date[] = [];
      const at: number[] = [];
      const follower = transport.follow({
        name: 'idle',
        after: (await harness.ledger.head()).position,
        types: [type],
        handle: () => undefined,
        onFreshness: (asOf) => {
          told.push(asOf);
          at.push(performance.now());
        },
      });
      await until(() => told.length >= 4);
      await follower.stop();
      expect(told).toEqual(told.toSorted((a, b) => a.getTime() - b.getTime()));
      expect(told.at(-1)!.getTime()).toBeGreaterThan(told[0]!.getTime());
      for (let index = 1; index < at.length; index++) expect(at[index]! - at[index - 1]!).toBeLessThan(1_500);
      expect(follower.asOf()).toEqual(told.at(-1));
    });

    it('is never fresher than what it has handled', async () => {
      const { aggregate, type } = names();
      const handled = new Set<number>();
      const acknowledged: { position: number; before: number }[] = [];
      const missed: number[] = [];
      const follower = transport.follow({
        name: 'slow',
        after: (await harness.ledger.head()).position,
        types: [type],
        handle: async (events) => {
          await sleep(3);
          for (const { position } of events) handled.add(position);
        },
        onFreshness: (asOf) => {
          for (const { position, before } of acknowledged) {
            if (before <= asOf.getTime() && !handled.has(position)) missed.push(position);
          }
        },
      });
      // By the source's clock: each was acknowledged before the next one's commit time, which is cut to milliseconds.
      let previous: RecordedEvent | undefined;
      for (let index = 0; index < 40; index++) {
        const [event] = await append(`${aggregate}-${index}`, type);
        if (previous) acknowledged.push({ position: previous.position, before: Date.parse(event!.committedAt) + 1 });
        previous = event;
      }
      await until(() => handled.size === 40);
      expect(missed).toEqual([]);
      await follower.stop();
    });

    it('repeats the same events until its handler takes them', async () => {
      const { aggregate, type } = names();
      const after = (await harness.ledger.head()).position;
      const expected = positions(await append(`${aggregate}-1`, type, 2));
      const seen: number[] = [];
      let failures = 0;
      const follower = transport.follow({
        name: 'stumbling',
        after,
        types: [type],
        handle: (events) => {
          if (++failures <= 3) throw new Error('not yet');
          seen.push(...positions(events));
        },
      });
      await follower.caughtUp;
      expect(seen).toEqual(expected);
      await follower.stop();
    });

    it('tells who waits for it when it is stopped before it caught up', async () => {
      const { aggregate, type } = names();
      const after = (await harness.ledger.head()).position;
      await append(`${aggregate}-1`, type);
      const handle = () => Promise.reject(new Error('never'));
      const follower = transport.follow({ name: 'stuck', after, types: [type], handle });
      await sleep(20);
      expect(follower.asOf()).toBeUndefined();
      await follower.stop();
      await expect(follower.caughtUp).rejects.toThrow('stopped');
    });
  });
};
