import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '@cartulary/access';
import { registered, reinstated, suspended, system, trustDomain, workload } from '../testing/events.fixture.spec.js';
import { callerOf, openWorld, settings, type World } from '../testing/world.fixture.spec.js';
import { ListIdentitiesHandler, ListIdentitiesQuery } from './query.js';
import { identityCursor } from './statement.js';

let world: World;
let handler: ListIdentitiesHandler;
const list = (filter: ListIdentitiesQuery['filter'] = {}, caller: Caller = callerOf('admin')) =>
  handler.execute(new ListIdentitiesQuery(filter, caller));
const ids = async (...asked: Parameters<typeof list>) => (await list(...asked)).identities.map(({ id }) => id);

const olga = system('operator/olga');
const [cart, pay, Upper, bank] = [
  workload('shop'),
  workload('shop', 'pay'),
  workload('shop', 'Upper'),
  workload('bank', 'x'.repeat(253)),
];

beforeAll(async () => {
  world = await openWorld();
  handler = new ListIdentitiesHandler(world.moments, world.db, settings);
  await world.append(registered(pay), registered(cart), registered(Upper), registered(bank));
  await world.append(registered(olga, { role: 'operator', namespaces: ['shop'] }));
  await world.append(suspended(pay), suspended(bank));
  await world.append(reinstated(bank));
  await world.project();
});
afterAll(() => world.close());

describe('a list of identities', () => {
  it('is in the order of their bytes', async () => expect(await ids()).toEqual([olga, bank, Upper, cart, pay]));

  it('shows the documents of the API', async () => {
    const { identities, position } = await list();
    expect(identities[0]).toEqual({
      id: olga,
      kind: 'system',
      status: 'active',
      grant: { role: 'operator', namespaces: ['shop'] },
      registeredAt: '2026-11-22T12:00:00.000Z',
      position: 5,
    });
    expect(identities[4]).toEqual({
      id: pay,
      kind: 'workload',
      namespace: 'shop',
      serviceAccount: 'pay',
      status: 'suspended',
      registeredAt: '2026-11-22T12:00:00.000Z',
      suspendedAt: '2026-11-22T12:05:00.000Z',
      position: 6,
    });
    expect(position).toBe(8);
  });

  it.each([
    [{ namespace: 'shop' }, [Upper, cart, pay]],
    [{ status: 'suspended' }, [pay]],
    [{ status: 'active' }, [olga, bank, Upper, cart]],
    [{ namespace: "shop' OR '1'='1" }, []],
  ] as const)('filters by %j', async (filter, expected) => expect(await ids(filter)).toEqual(expected));

  it('shows a caller its namespaces only', async () => {
    expect(await ids({}, callerOf('operator', ['bank']))).toEqual([bank]);
    expect(await ids({ namespace: 'shop' }, callerOf('admin', ['bank']))).toEqual([]);
    expect(await ids({}, callerOf('issuer'))).not.toContain(olga);
  });

  it('comes in pages without a gap or repeat while identities are registered', async () => {
    const seen: string[] = [];
    for (let cursor: string | undefined, page = 0; page === 0 || cursor; page++) {
      const { identities, nextCursor } = await list({ limit: 2, ...(cursor ? { cursor } : {}) });
      seen.push(...identities.map(({ id }) => id));
      cursor = nextCursor;
      await world.append(registered(workload('aaa', `late-${page}`)));
      await world.project();
    }
    expect(seen).toEqual([olga, bank, Upper, cart, pay]);
  });

  it('has cursors that its own route accepts, for the longest of identities too', () => {
    const longest = `spiffe://${trustDomain}/ns/${'n'.repeat(253)}/sa/${'s'.repeat(253)}`;
    const cursor = identityCursor(trustDomain).of(longest);
    expect(cursor).toMatch(/^[A-Za-z0-9_-]{1,1024}$/);
    expect(identityCursor(trustDomain).read(cursor)).toEqual({ last: longest });
  });

  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([cursor(['certificates', 1]), cursor(['identities', 1]), cursor(['identities', 'a\0b']), 'bm8'])(
    'refuses the cursor %j',
    async (text) => expect(list({ cursor: text })).rejects.toMatchObject({ code: 'INVALID_REQUEST' }),
  );

  it('takes a cursor that was tampered with for a value', async () =>
    expect(await ids({ cursor: cursor(['identities', "zzz' OR true --"]) })).toEqual([]));
});
