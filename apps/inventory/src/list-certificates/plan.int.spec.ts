import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '@cartulary/access';
import { parseTimestamp } from '@cartulary/domain';
import { held, issued, keyHashOf, otherIssuer, revoked, workload } from '../testing/events.fixture.spec.js';
import { NOON } from '../testing/append.fixture.spec.js';
import { callerOf, openWorld, type World } from '../testing/world.fixture.spec.js';
import { certificateCursor, certificatesStatement } from './statement.js';

const COUNT = 10_000;
const FIRST_EXPIRED = 9_900;
let world: World;

// One in a hundred is of namespace ns-7, and so on: what a filter selects is rare, as in a mesh.
const certificateOf = (n: number) =>
  issued(n, {
    identity: workload(`ns-${n % 100}`, `sa-${n % 1_000}`),
    ...(n % 200 === 0 ? { issuerId: otherIssuer } : {}),
    ...(n % 500 === 0 ? { profile: 'server', identity: undefined } : {}),
    ...(n % 2_500 === 3 ? { keyHash: keyHashOf('shared') } : {}),
    ...(n > FIRST_EXPIRED ? { notAfter: parseTimestamp('2026-11-22T11:00:00Z') } : {}),
  });

beforeAll(async () => {
  world = await openWorld();
  for (let n = 1; n <= COUNT; n += 500) {
    await world.append(...Array.from({ length: 500 }, (_, index) => certificateOf(n + index)));
  }
  await world.append(...Array.from({ length: 50 }, (_, index) => (index % 2 ? held : revoked)(1 + index * 17)));
  await world.project();
  const owner = world.ownerDatabase();
  await owner.query('ANALYZE projections.inventory_certificates');
  await owner.close();
});
afterAll(() => world.close());

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}
const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

const planOf = async (filter: object, caller: Caller = callerOf('admin')) => {
  const { sql, parameters } = certificatesStatement({ limit: 101, ...filter }, caller, new Date(NOON));
  const [row] = await world.db.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
  const all = nodes(row!['QUERY PLAN'][0].Plan);
  return { types: all.map((node) => node['Node Type']), indexes: all.flatMap((node) => node['Index Name'] ?? []) };
};

describe(`the plan over ${COUNT} certificates`, () => {
  it.each([
    ['no filter', {}, 'issued'],
    ['a later page', { cursor: certificateCursor.of(5_000) }, 'issued'],
    ['an identity', { identity: workload('ns-7', 'sa-7') }, 'identity'],
    ['a namespace', { namespace: 'ns-7' }, 'namespace'],
    ['an issuer', { issuerId: otherIssuer }, 'issuer'],
    ['a key', { keyHash: keyHashOf('shared') }, 'key'],
    ['a status', { status: 'revoked' }, 'status'],
    ['another profile', { profile: 'server' }, 'profile'],
    ['an expiry', { expiresBefore: '2026-11-22T11:30:00Z' }, 'not_after'],
  ])('uses an index for %s', async (_, filter, index) => {
    const { types, indexes } = await planOf(filter);
    expect(types).not.toContain('Seq Scan');
    expect(indexes).toEqual([`inventory_certificates_${index}`]);
  });

  it.each([
    ['one namespace', callerOf('operator', ['ns-7'])],
    ['several namespaces', callerOf('operator', ['ns-7', 'ns-8'])],
  ])('uses an index for a caller of %s', async (_, caller) => {
    const { types, indexes } = await planOf({}, caller);
    expect(types).not.toContain('Seq Scan');
    expect(indexes).toEqual(['inventory_certificates_namespace']);
  });

  it('scans nothing whole for what is active, or expired', async () => {
    for (const status of ['active', 'expired']) expect((await planOf({ status })).types).not.toContain('Seq Scan');
  });
});
