import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '@cartulary/access';
import { type NodeName, parseTimestamp } from '@cartulary/domain';
import { certificatesStatement, certificateCursor } from './list-certificates/statement.js';
import { identitiesStatement } from './list-identities/statement.js';
import { publicationCursor, publicationsStatement } from './list-publications/statement.js';
import {
  certificate,
  crlPublished,
  held,
  issued,
  keyHashOf,
  otherIssuer,
  registered,
  reinstated,
  revoked,
  suspended,
  tokenCreated,
  workload,
} from './testing/events.fixture.spec.js';
import { NOON, type StreamEvent } from './testing/append.fixture.spec.js';
import { callerOf, openWorld, type World } from './testing/world.fixture.spec.js';
import { tokenCursor, tokensStatement } from './tokens/statement.js';

// The shares stay the same, so that what is rare in the small one is rare in the large one.
const COUNT = process.env['CARTULARY_FULL'] === '1' ? 200_000 : 10_000;
const CHANGED = COUNT / 100;
let world: World;

// One in a hundred is of namespace ns-7, and so on: what a filter selects is rare, as in a mesh.
const certificateOf = (n: number) =>
  issued(n, {
    identity: workload(`ns-${n % 100}`, `sa-${n % 1_000}`),
    evidence: { ...certificate(n).evidence, node: `node-${n % 250}` as NodeName },
    ...(n % 200 === 0 ? { issuerId: otherIssuer } : {}),
    ...(n % 500 === 0 ? { profile: 'server', identity: undefined } : {}),
    ...(n % (COUNT / 4) === 3 ? { keyHash: keyHashOf('shared') } : {}),
    ...(n > COUNT * 0.99 ? { notAfter: parseTimestamp('2026-11-22T11:00:00Z') } : {}),
  });
const many = <T>(count: number, one: (n: number) => T): T[] => Array.from({ length: count }, (_, index) => one(index));

beforeAll(async () => {
  world = await openWorld();
  const inSteps = async (events: readonly StreamEvent[]): Promise<void> => {
    for (let at = 0; at < events.length; at += 500) await world.append(...events.slice(at, at + 500));
  };
  await inSteps(many(COUNT, (n) => certificateOf(n + 1)));
  await inSteps(many(CHANGED, (n) => (n % 2 ? held : revoked)(1 + n * 17)));
  const accounts = many(COUNT / 5, (n) => workload(`ns-${n % 100}`, `sa-${n}`));
  await inSteps(accounts.map((account) => registered(account)));
  await inSteps(accounts.filter((_, n) => n % 50 === 0).map((account) => suspended(account)));
  await inSteps(accounts.filter((_, n) => n % 100 === 0).map((account) => reinstated(account)));
  await inSteps(many(COUNT / 10, (n) => crlPublished(n % 100 === 0 ? otherIssuer : certificate(1).issuerId)));
  await inSteps(
    many(1_000, (n) => tokenCreated(String(n).padStart(12, 'a'), { role: 'auditor', namespaces: [`ns-${n}`] })),
  );
  await world.project();
  await world.ownerQuery('SELECT projections.index_inventory_generation(1)');
}, 900_000);
afterAll(() => world.close());

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}
const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

const planOf = async ({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) => {
  const [row] = await world.db.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
  const all = nodes(row!['QUERY PLAN'][0].Plan);
  return { types: all.map((node) => node['Node Type']), indexes: all.flatMap((node) => node['Index Name'] ?? []) };
};
const now = new Date(NOON);
const certificates = (filter: object, caller: Caller = callerOf('admin'), asOf?: number) =>
  planOf(certificatesStatement({ limit: 101, ...filter }, caller, { now, ...(asOf === undefined ? {} : { asOf }) }));

const filters: [string, object, string][] = [
  ['no filter', {}, 'issued'],
  ['a later page', { cursor: certificateCursor.of(COUNT / 2) }, 'issued'],
  ['an identity', { identity: workload('ns-7', 'sa-7') }, 'identity'],
  ['a namespace', { namespace: 'ns-7' }, 'namespace'],
  ['an issuer', { issuerId: otherIssuer }, 'issuer'],
  ['a key', { keyHash: keyHashOf('shared') }, 'key'],
  ['a node', { node: 'node-7' }, 'node'],
  ['a status', { status: 'revoked' }, 'status'],
  ['another profile', { profile: 'server' }, 'profile'],
  ['an expiry', { expiresBefore: '2026-11-22T11:30:00Z' }, 'not_after'],
];

describe(`the plan over ${COUNT} certificates`, () => {
  it.each(filters)('uses an index for %s', async (_, filter, index) => {
    const { types, indexes } = await certificates(filter);
    expect(types).not.toContain('Seq Scan');
    expect(indexes).toEqual([`certificates_${index}`]);
  });

  it('uses an index for a caller of one namespace, and of several', async () => {
    const one = await certificates({}, callerOf('operator', ['ns-7']));
    expect(one.types).not.toContain('Seq Scan');
    expect(one.indexes).toEqual(['certificates_namespace']);
    // Sorting what several have, or passing over what others have: as the planner finds it.
    const several = await certificates({}, callerOf('operator', ['ns-7', 'ns-8']));
    expect(several.types).not.toContain('Seq Scan');
    expect(['certificates_namespace', 'certificates_issued']).toContain(several.indexes.join());
  });

  it('scans nothing whole for what is active, or expired', async () => {
    for (const status of ['active', 'expired'])
      expect((await certificates({ status })).types).not.toContain('Seq Scan');
  });

  it.each(filters)('uses an index of the present for the past with %s', async (_, filter, index) => {
    // Long after the first certificates and before the last: some of what is asked for has changed since.
    const { types, indexes } = await certificates(filter, undefined, COUNT + CHANGED / 2);
    expect(indexes).toContain(`certificates_${index}`);
    // The past of so few certificates may be as quick to read whole; the present never.
    expect(types.filter((type) => type === 'Seq Scan').length).toBeLessThanOrEqual(1);
  });
});

describe('the plan over other lists', () => {
  it.each([
    ['identities', {}, ['identities_pkey']],
    ['identities of a namespace', { namespace: 'ns-7' }, ['identities_namespace']],
    ['suspended identities', { status: 'suspended' }, ['identities_suspended']],
  ] as const)('uses an index for %s', async (_, filter, indexes) => {
    const list = { limit: 101, after: undefined, ...filter };
    const plan = await planOf(identitiesStatement(list, callerOf('admin')));
    expect(plan).toMatchObject({ indexes, types: expect.not.arrayContaining(['Seq Scan']) as string[] });
    const past = await planOf(identitiesStatement({ ...list, asOf: COUNT * 1.3 }, callerOf('admin')));
    expect(past.indexes).toEqual(expect.arrayContaining([...indexes]));
  });

  it.each([
    ['publications', {}, 'publications_pkey'],
    ['later publications', { cursor: publicationCursor.of(COUNT) }, 'publications_pkey'],
    ['publications of an issuer', { issuerId: otherIssuer }, 'publications_issuer'],
  ])('uses an index for %s', async (_, filter, index) => {
    const { types, indexes } = await planOf(publicationsStatement({ limit: 101, ...filter }));
    expect(types).not.toContain('Seq Scan');
    expect(indexes).toEqual([index]);
  });

  it('uses an index for tokens', async () => {
    const { indexes } = await planOf(
      tokensStatement({ limit: 11, cursor: tokenCursor.of(COUNT * 2) }, callerOf('admin')),
    );
    expect(indexes).toEqual(['tokens_created']);
  });
});
