import type { Caller } from '@cartulary/access';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  at,
  callerOf,
  issued,
  issuerId,
  openWorld,
  ordered,
  renewed,
  rotationIdOf,
  serialOf,
  workload,
  type World,
} from '../testing/world.fixture.spec.js';
import { ListRotationsHandler, ListRotationsQuery, ShowRotationHandler, ShowRotationQuery } from './query.js';
import { RotationStore } from './rotation-store.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.append(issued(1), issued(2));
  await world.append(ordered(1, { namespace: 'shop' }), ordered(2, { identity: workload('bank') }));
  await world.append(ordered(3, { issuerId }), ordered(4, { serials: [serialOf(1)] }));
  const admin = 'spiffe://cluster.local/cartulary/operator/ada' as ReturnType<typeof workload>;
  await world.append(ordered(5, { identity: admin }));
  await world.project();
  world.clock.set(at(10));
  await world.scheduler.tick();
  await world.project();
  await world.append(...renewed(1, 11));
  await world.project();
  await world.scheduler.tick();
  await world.project();
});
afterAll(() => world.close());

const show = (n: number, caller = callerOf('operator')) =>
  new ShowRotationHandler(new RotationStore(world.db), world.ledger).execute(
    new ShowRotationQuery(rotationIdOf(n), caller),
  );
const list = (filter: ListRotationsQuery['filter'] = {}, caller: Caller = callerOf('auditor')) =>
  new ListRotationsHandler(new RotationStore(world.db), world.tables).execute(new ListRotationsQuery(filter, caller));
const listed = async (...how: Parameters<typeof list>) =>
  (await list(...how)).rotations.map(({ rotationId }) => rotationId);
const ids = (...numbers: number[]) => numbers.map(rotationIdOf);

describe('a rotation', () => {
  it('is shown with its progress', async () => {
    expect(await show(1)).toEqual({
      ...{ rotationId: rotationIdOf(1), status: 'running', selector: { namespace: 'shop' } },
      ...{ window: { start: at(0), end: at(10) }, orderedAt: at(0), requester: 'token/operator' },
      progress: { matched: 2, due: 2, replaced: 1, ended: 0, remaining: 1 },
      position: 3,
    });
    expect(await show(4)).toMatchObject({
      status: 'completed',
      completedAt: at(10),
      selector: { serials: [serialOf(1)] },
    });
  });

  it('is shown as it was ordered, where the projection has not heard of it', async () => {
    const [event] = await world.append(ordered(6, { namespace: 'shop' }));
    expect(await show(6)).toMatchObject({ status: 'ordered', position: event?.position, progress: { matched: 0 } });
    await expect(show(6, callerOf('operator', ['bank'], 'bob'))).rejects.toMatchObject({ code: 'ROTATION_NOT_FOUND' });
  });

  it('is not found where there is none, or where the caller may not see it', async () => {
    await expect(show(7)).rejects.toMatchObject({ code: 'ROTATION_NOT_FOUND' });
    for (const n of [2, 3, 4]) {
      await expect(show(n, callerOf('operator', ['shop'], 'bob'))).rejects.toMatchObject({
        code: 'ROTATION_NOT_FOUND',
      });
    }
    await expect(show(5, callerOf('operator', undefined, 'bob'))).rejects.toMatchObject({ code: 'ROTATION_NOT_FOUND' });
    expect(await show(5, callerOf('auditor'))).toMatchObject({ status: 'completed' });
  });
});

describe('the list', () => {
  it('has the newest first, in pages', async () => {
    expect(await listed()).toEqual(ids(5, 4, 3, 2, 1));
    const page = await list({ limit: 2 });
    expect(page.rotations.map(({ rotationId }) => rotationId)).toEqual(ids(5, 4));
    expect(await listed({ limit: 3, cursor: page.nextCursor! })).toEqual(ids(3, 2, 1));
    expect(await list({ limit: 5 })).not.toHaveProperty('nextCursor');
    await expect(list({ cursor: 'abcd' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('can be of what is open, or of what is completed', async () => {
    expect(await listed({ status: 'open' })).toEqual(ids(3, 1));
    expect(await listed({ status: 'completed' })).toEqual(ids(5, 4, 2));
  });

  it('shows what the caller may see', async () => {
    expect(await listed({}, callerOf('operator', ['shop'], 'bob'))).toEqual(ids(1));
    expect(await listed({}, callerOf('operator', ['bank'], 'bob'))).toEqual(ids(2));
    expect(await listed({}, callerOf('operator', undefined, 'bob'))).toEqual(ids(4, 3, 2, 1));
  });
});
