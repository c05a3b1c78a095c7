import { rotationStream } from '@cartulary/domain';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at, openWorld, ordered, rotationIdOf, type World } from '../testing/world.fixture.spec.js';
import { addMembers, DUE, DUE_MEMBERS, FORGET_EXPIRED } from './statements.js';

/** Live certificates; a million under CARTULARY_FULL. */
const LIVE = process.env['CARTULARY_FULL'] === '1' ? 1_000_000 : 20_000;

let world: World;
beforeAll(async () => {
  world = await openWorld();
  const owner = world.ownerDatabase();
  const rows = 10_000;
  // Windows open evenly from minute 0 to 900; a tenth is of the namespace `shop`.
  for (let first = 0; first < LIVE; first += rows) {
    await owner.query(
      `INSERT INTO projections.rotation_certificates (serial, identity, namespace, issuer_id, due_at, not_after, turn)
       SELECT '01' || md5(n::text), 'spiffe://cluster.local/ns/ns-' || n % 10 || '/sa/' || n % 1000,
         CASE n % 10 WHEN 0 THEN 'shop' ELSE 'ns-' || n % 10 END, lpad((n % 3)::text, 16, '0'),
         $1::timestamptz + (n::float8 / $2) * interval '900 min', $1::timestamptz + interval '24 h', (n::bigint * 7919 % 10007)::float8 / 10007
       FROM generate_series($3::int, $3::int + $4::int - 1) AS n`,
      [at(0), LIVE, first, rows],
    );
  }
  await owner.query('ANALYZE projections.rotation_certificates');
  await owner.close();
}, 600_000);
afterAll(() => world.close());

const timed = async <Result>(what: string, work: () => Promise<Result>): Promise<Result> => {
  const started = performance.now();
  const result = await work();
  console.log(`${LIVE} live certificates: ${what} in ${Math.round(performance.now() - started)} ms`);
  return result;
};

it('orders what is due of many in as few events as hold them, and finds members in parts', async () => {
  const perMinute = Math.floor(LIVE / 900);
  world.clock.set(at(1));
  await timed(`a tick that orders about ${perMinute}`, () => world.scheduler.tick());
  await timed('its order folded', () => world.project());
  expect(await world.orderedDue()).toHaveLength(perMinute + 1);
  await timed('a tick with nothing to do', () => world.scheduler.tick());

  await world.append(ordered(1, { namespace: 'shop' }, 900));
  await timed(`members of a tenth found`, () => world.project());
  const [order] = await world.tables.openOrders();
  expect(order?.matched).toBe(LIVE / 10);
  const owner = world.ownerDatabase();
  await owner.query('ANALYZE projections.rotation_members');
  await owner.close();
  world.clock.set(at(90));
  await timed('what is due until minute 90 ordered, and a tenth of the turns told', async () => {
    while (await world.scheduler.tick()) await world.project();
  });
  await world.project();
  const events = await world.rotationEvents(rotationStream(rotationIdOf(1)));
  // What is due by its own window before its turn comes with that: about a ninth more.
  const { due, remaining } = events.at(-1)!.data['progress'] as { due: number; remaining: number };
  expect(remaining).toBe(LIVE / 10);
  expect(due / LIVE).toBeGreaterThan(0.017);
  expect(due / LIVE).toBeLessThan(0.021);
  expect(events.length).toBeLessThan(4 + due / 1_400 + 20);
}, 600_000);

it.each([
  [DUE, 'rotation_certificates_due', [at(1), 14_000]],
  [FORGET_EXPIRED, 'rotation_certificates_not_after', [at(1)]],
  [DUE_MEMBERS, 'rotation_members_due', [rotationIdOf(1), at(1), 14_000]],
  [addMembers('live.namespace = $2'), 'rotation_certificates_namespace', [rotationIdOf(1), 'shop', '', 20_000]],
])('reads by an index: %#', async (sql, index, parameters) => {
  const rows = await world.db.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, parameters);
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain(index);
});
