import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransientError } from '@cartulary/transport';
import {
  at,
  issued,
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
import { projectedTypes, RotationProjector } from './projector.js';
import { RotationTables } from './tables.js';

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.close());

const names = ['certificates', 'orders', 'members', 'position'] as const;
const snapshot = async () =>
  Promise.all(names.map((name) => world.db.query(`SELECT * FROM projections.rotation_${name} ORDER BY 1, 2`)));
const due = (minute: number) => world.tables.due(new Date(at(minute)), 100);

describe('RotationProjector', () => {
  it('knows live certificates by the opening of their windows', async () => {
    await world.append(
      issued(1, { renewalWindow: { start: at(20), end: at(30) } }),
      issued(2, { renewalWindow: { start: at(10), end: at(30) } }),
      issued(3, { profile: 'ocsp-signing', renewalWindow: { start: at(1), end: at(2) } }),
      issued(4, { notAfter: at(15), renewalWindow: { start: at(5), end: at(12) } }),
      issued(5),
    );
    await world.project();
    expect(await due(9)).toEqual([serialOf(4)]);
    expect(await due(20)).toEqual([serialOf(2), serialOf(1)]);
    await world.append(...renewed(2, 6), revoked(1));
    await world.project();
    expect(await due(59)).toEqual([]);
    expect(new Set(await due(60))).toEqual(new Set([serialOf(5), serialOf(6)]));
  });

  it('gives certificates from before windows were chosen the default', async () => {
    const { renewalWindow: _, ...old } = issued(1).data as { renewalWindow?: unknown };
    await world.append({ ...issued(1), data: old });
    await world.project();
    expect(await due(47)).toEqual([]);
    expect(await due(74)).toEqual([serialOf(1)]);
  });

  it('forgets what has expired, but nothing that an order to come may mean', async () => {
    await world.append(issued(1, { notAfter: at(10) }));
    await world.project();
    const count = async () => (await world.db.query('SELECT 1 FROM projections.rotation_certificates')).length;
    // The database's clock says when events were committed; only what is long past by it is forgotten.
    await world.tables.forgetExpired(new Date(at(69)));
    expect(await count()).toBe(1);
    const committed = world.ownerDatabase();
    await committed.query(`UPDATE projections.rotation_position SET as_of = $1`, [at(200)]);
    await committed.close();
    await world.tables.forgetExpired(new Date(at(69)));
    expect(await count()).toBe(1);
    await world.tables.forgetExpired(new Date(at(71)));
    expect(await count()).toBe(0);
  });

  it('comes out the same, however often and in whatever pieces events come again', async () => {
    await world.append(issued(1), issued(2), issued(3), issued(4, { identity: workload('bank') }));
    await world.append(...renewed(3, 5));
    await world.append(ordered(1, { namespace: 'shop' }));
    await world.project();
    world.clock.advance(20 * MINUTE);
    await world.scheduler.tick();
    await world.append(...renewed(1, 6), revoked(2));
    await world.append(issued(7), revoked(7));
    await world.project();
    await world.scheduler.tick();
    await world.project();
    const expected = await snapshot();
    const events = await world.ledger.readAll({ after: 0, limit: 1_000, types: projectedTypes });
    expect(events.map(({ type }) => type)).toContain('RotationProgressed');
    for (let first = 0; first < events.length; first++) await world.projector.handle(events.slice(first, first + 4));
    expect(await snapshot()).toEqual(expected);

    const owner = world.ownerDatabase();
    for (const name of ['certificates', 'orders', 'members'])
      await owner.query(`TRUNCATE projections.rotation_${name}`);
    await owner.query(`UPDATE projections.rotation_position SET position = 0, due_version = 0`);
    await owner.close();
    for (let first = 0; first < events.length; first++) await world.projector.handle(events.slice(0, first + 1));
    expect(await snapshot()).toEqual(expected);
  });

  it('changes nothing once another process has gone on', async () => {
    const events = await world.append(issued(1), issued(2));
    const behind = new RotationTables(world.db);
    behind.known = () => Promise.resolve({ position: 0, dueVersion: 0 });
    await world.projector.handle(events);
    const expected = await snapshot();
    await expect(new RotationProjector(behind).handle(events)).rejects.toThrow(TransientError);
    expect(await snapshot()).toEqual(expected);
  });

  it('goes on finding members where a crash left it', async () => {
    await world.append(issued(1), issued(2), issued(3));
    const events = await world.append(ordered(1, { namespace: 'shop' }));
    await world.project();
    const expected = await snapshot();
    const owner = world.ownerDatabase();
    await owner.query(`UPDATE projections.rotation_position SET position = position - 1`);
    await owner.query(`UPDATE projections.rotation_orders SET counted = false, matched = 0`);
    await owner.query(`DELETE FROM projections.rotation_members WHERE serial <> $1`, [serialOf(1)]);
    await owner.close();
    expect(await world.projector.handle(events)).toBe(true);
    expect(await snapshot()).toEqual(expected);
    expect((await world.tables.openOrders())[0]).toMatchObject({ rotation_id: rotationIdOf(1), matched: 3 });
  });
});
