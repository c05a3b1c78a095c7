import { dueRotation, rotationMoment, rotationStream, type Serial } from '@cartulary/domain';
import { PostgresLedger } from '@cartulary/ledger';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  at,
  issued,
  issuerId,
  MINUTE,
  openWorld,
  ordered,
  renewed,
  revoked,
  rotationIdOf,
  serialOf,
  workload,
  type World,
} from '../testing/world.fixture.spec.js';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const many = async (count: number) => {
  const numbers = Array.from({ length: count }, (_, index) => index);
  for (let first = 0; first < count; first += 500) {
    await world.append(...numbers.slice(first, first + 500).map((n) => issued(n)));
  }
  await world.project();
  return numbers.map(serialOf);
};
const sorted = (serials: readonly Serial[]) => [...serials].sort();

describe('what is due by its window', () => {
  it('is ordered once, when its window opens', async () => {
    await world.append(issued(1), issued(2, { renewalWindow: { start: at(30), end: at(40) } }));
    await world.project();
    await world.scheduler.tick();
    expect(await world.orderedDue()).toEqual([]);
    world.clock.set(at(30));
    await world.scheduler.tick();
    await world.project();
    await world.scheduler.tick();
    expect(await world.orderedDue()).toEqual([serialOf(2)]);
    world.clock.set(at(60));
    await world.scheduler.tick();
    await world.project();
    await world.scheduler.tick();
    expect(await world.orderedDue()).toEqual([serialOf(2), serialOf(1)]);
    const [first] = await world.rotationEvents(rotationStream(dueRotation));
    expect(first).toMatchObject({
      type: 'RotationOrdered',
      actor: { id: 'system:rotation' },
      data: { rotationId: 'due', selector: { due: at(30), serials: [serialOf(2)] }, orderedAt: at(30) },
    });
  });

  it('is ordered by one of two schedulers, however they meet', async () => {
    const serials = await many(1_500);
    world.clock.set(at(60));
    const other = world.newScheduler();
    for (let round = 0; round < 3; round++) {
      await Promise.all([world.scheduler.tick(), other.tick(), other.tick()]);
      // One ahead of the other: its tick rests on what the projection does not know yet.
      await other.tick();
      await world.project();
    }
    expect(sorted(await world.orderedDue())).toEqual(sorted(serials));
    // Not one event for each: a list as long as an event can hold.
    expect(await world.rotationEvents(rotationStream(dueRotation))).toHaveLength(2);
  });

  it('is ordered once, where a scheduler ends between projection and append, or right after the append', async () => {
    await many(3);
    world.clock.set(at(60));
    const failing = new PostgresLedger({ url: 'postgres://127.0.0.1:1/nowhere' });
    await expect(world.newScheduler(failing).tick()).rejects.toThrow();
    await failing.close();
    expect(await world.orderedDue()).toEqual([]);
    await world.newScheduler().tick();
    expect(await world.orderedDue()).toHaveLength(3);
    // The next process finds the projection where the last one left it.
    await world.newScheduler().tick();
    await world.project();
    await world.newScheduler().tick();
    expect(await world.orderedDue()).toHaveLength(3);
  });
});

describe('an ordered rotation', () => {
  const events = async (n = 1) => (await world.rotationEvents(rotationStream(rotationIdOf(n)))).slice(1);
  const run = async () => {
    await world.project();
    await world.scheduler.tick();
    await world.project();
  };

  it('names each certificate at its turn, counts what becomes of them, and ends when none remains', async () => {
    await world.append(...[1, 2, 3, 4].map((n) => issued(n)), issued(5, { identity: workload('bank') }));
    await world.append(...renewed(4, 6, { identity: workload('shop', 'pay') }));
    await world.append(ordered(1, { namespace: 'shop' }), issued(7));
    await run();
    const members = [1, 2, 3, 6].map(serialOf);
    const moments = members.map((serial) => ({
      serial,
      moment: rotationMoment({ start: at(0), end: at(10) }, serial),
    }));
    const first = moments.toSorted((a, b) => (a.moment < b.moment ? -1 : 1));
    expect((await events()).map(({ type }) => type)).toEqual(['RotationProgressed']);
    expect((await events())[0]?.data['progress']).toEqual({ matched: 4, due: 0, replaced: 0, ended: 0, remaining: 4 });
    // What a turn is in SQL may differ from the domain's by less than a millisecond.
    world.clock.set(new Date(Date.parse(first[1]!.moment) + 1));
    await run();
    expect((await events()).at(-1)?.data).toMatchObject({
      due: first.slice(0, 2).map(({ serial }) => serial),
      progress: { due: 2, remaining: 4 },
    });
    world.clock.set(at(10));
    await run();
    expect((await events()).at(-1)?.data).toMatchObject({ due: first.slice(2).map(({ serial }) => serial) });

    // A new certificate without the link of a renewal replaces nothing.
    await world.append(...renewed(1, 11), ...renewed(2, 12), revoked(3), issued(13));
    await run();
    expect((await events()).at(-1)).toMatchObject({
      type: 'RotationProgressed',
      data: { progress: { matched: 4, due: 4, replaced: 2, ended: 1, remaining: 1 } },
    });
    await world.append(...renewed(6, 14));
    await run();
    const last = (await events()).at(-1);
    expect(last).toMatchObject({
      type: 'RotationCompleted',
      data: { progress: { matched: 4, due: 4, replaced: 3, ended: 1, remaining: 0 }, completedAt: at(10) },
    });
    const length = (await events()).length;
    await run();
    expect(await events()).toHaveLength(length);
    expect(last?.causationId).toBe((await world.rotationEvents(rotationStream(rotationIdOf(1))))[0]?.id);
  });

  it('ends at once when it means nothing, and with the certificates that expire', async () => {
    await world.append(issued(1), ordered(1, { identity: workload('nobody') }), ordered(2, { serials: [serialOf(1)] }));
    await run();
    expect((await events()).map(({ type }) => type)).toEqual(['RotationCompleted']);
    world.clock.set(at(100));
    await run();
    expect((await events(2)).at(-1)?.type).toBe('RotationProgressed');
    world.clock.advance(1);
    await run();
    expect((await events(2)).at(-1)).toMatchObject({
      type: 'RotationCompleted',
      data: { progress: { matched: 1, ended: 1, replaced: 0, remaining: 0 } },
    });
  });

  it('by issuer and by identity means live certificates alone, and each rotation has its own', async () => {
    await world.append(issued(1), issued(2, { issuerId: 'ffffffffffffffff' as typeof issuerId }), issued(3));
    await world.append(issued(4, { profile: 'ocsp-signing' }), revoked(3));
    await world.append(ordered(1, { issuerId }), ordered(2, { identity: workload('shop') }));
    await run();
    const matched = (await world.tables.openOrders()).map((order) => order.matched);
    expect(matched).toEqual([1, 2]);
    await world.append(...renewed(1, 11));
    await run();
    expect((await events(1)).at(-1)?.type).toBe('RotationCompleted');
    expect((await events(2)).at(-1)?.data['progress']).toMatchObject({ replaced: 1, remaining: 1 });
  });

  it('tells of each turn once, also by two schedulers', async () => {
    const serials = await many(1_500);
    await world.append(ordered(1, { namespace: 'shop' }));
    await world.project();
    const other = world.newScheduler();
    for (let minute = 0; minute <= 10; minute++) {
      world.clock.set(new Date(NOON_MS + minute * MINUTE));
      await Promise.all([world.scheduler.tick(), other.tick()]);
      await world.project();
    }
    const named = (await events()).flatMap(({ data }) => (data['due'] as Serial[] | undefined) ?? []);
    expect(sorted(named)).toEqual(sorted(serials));
    // Spread over the ten minutes.
    expect((await events()).filter(({ data }) => data['due'] !== undefined).length).toBeGreaterThanOrEqual(10);
  });
});

const NOON_MS = Date.parse(at(0));
