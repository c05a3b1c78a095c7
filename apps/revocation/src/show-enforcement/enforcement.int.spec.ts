import { parseIssuerId, parseNodeName } from '@cartulary/domain';
import { PostgresLedger, ProjectionDatabase } from '@cartulary/ledger';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { Metrics } from '@cartulary/runtime';
import { TestDomain } from '@cartulary/service/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerOf } from '../testing/revocation.fixture.spec.js';
import { Acknowledgements } from './acknowledgements.js';
import { Presence } from './presence.js';
import { ShowEnforcementHandler, ShowEnforcementQuery } from './query.js';

const node = parseNodeName('node-1');

describe('enforcement, on Postgres, with two replicas', () => {
  let database: TestDatabase;
  let domain: TestDomain<PostgresLedger>;
  let projections: ProjectionDatabase;
  const replicas: Presence[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    domain = await TestDomain.create({ ledger: new PostgresLedger({ url: database.serviceUrl, pollInterval: 50 }) });
    projections = new ProjectionDatabase(database.serviceUrl);
  });
  afterAll(async () => {
    for (const one of replicas) await one.onApplicationShutdown();
    await domain.ledger.close();
    await projections.close();
    await database.drop();
  });

  const replica = (): Presence => {
    const presence = new Presence(projections, domain.clock);
    presence.onApplicationBootstrap();
    replicas.push(presence);
    return presence;
  };
  const acknowledgements = () => new Acknowledgements(projections, new Metrics({ process: false }));
  const issuerId = parseIssuerId('0123456789abcdef');
  const prepared = async (): Promise<number> => {
    const times = { thisUpdate: domain.clock.now().toISOString(), nextUpdate: domain.clock.now().toISOString() };
    const data = { issuerId, ...times, expiredBefore: times.thisUpdate, preparedAt: times.thisUpdate };
    return (await domain.append(`publication-${issuerId}`, { type: 'CrlPrepared', data }))[0]!.position;
  };
  const report = (number: number) =>
    new ShowEnforcementHandler(domain.ledger, projections).execute(
      new ShowEnforcementQuery(String(number), callerOf('operator')),
    );
  const line = { bytesRead: 1 };

  it('sees an agent that goes from one replica to another as present, whichever hears last of the old stream', async () => {
    const number = await prepared();
    const [one, two] = [replica(), replica()];
    const leaveOne = one.open(node, line);
    await expect.poll(async () => (await report(number)).nodes).toEqual({ known: 1, present: 1 });
    const leaveTwo = two.open(node, line);
    await new Promise((resolve) => setTimeout(resolve, 200));
    leaveOne();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await report(number)).nodes.present).toBe(1);
    leaveTwo();
    await expect.poll(async () => (await report(number)).nodes.present).toBe(0);
  });

  it('misses the agents of a replica that has died, and those of which nothing comes, within 5 s', async () => {
    const number = await prepared();
    const [alive, dies] = [replica(), replica()];
    const talking = { bytesRead: 0 };
    const timer = setInterval(() => talking.bytesRead++, 500);
    alive.open(parseNodeName('talks'), talking);
    alive.open(parseNodeName('silent'), line);
    dies.open(parseNodeName('orphan'), {
      get bytesRead() {
        return performance.now();
      },
    });
    const away = async () =>
      (await report(number)).stragglers.filter(({ why }) => why === 'away').map((one) => one.node);
    await expect.poll(async () => (await report(number)).nodes.present).toBe(3);
    const started = performance.now();
    await dies.onApplicationShutdown();
    await expect.poll(away, { timeout: 10_000, interval: 50 }).toEqual(expect.arrayContaining(['orphan', 'silent']));
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await away()).not.toContain('talks');
    clearInterval(timer);
  });

  it('keeps the newest 16 of a context, the highest of a call, and nothing that is older', async () => {
    const said = acknowledgements();
    const state = { issuerId, proxy: 'envoy', context: 'in', state: 'STATE_DELIVERED', at: null } as const;
    for (let number = 100; number < 120; number++) await said.note(node, [{ ...state, number }]);
    await said.note(node, [{ ...state, number: 90 }]);
    await said.note(
      node,
      [121, 123, 122].map((number) => ({ ...state, number })),
    );
    const rows = await projections.query<{ numbers: string[] }>(
      `SELECT numbers FROM projections.revocation_acknowledgements WHERE proxy = 'envoy'`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]!.numbers.map(Number)).toEqual([123, ...Array.from({ length: 15 }, (_, index) => 119 - index)]);
  });

  it('does not let one node fill the table', async () => {
    const said = acknowledgements();
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        ...{ issuerId, number: 1, proxy: `p${from + index}`, context: '', state: 'STATE_DELIVERED', at: null },
      })) as Parameters<Acknowledgements['note']>[1];
    const stolen = parseNodeName('stolen');
    await expect(said.note(stolen, many(0, 1_001))).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    for (let call = 0; call < 10; call++) await said.note(stolen, many(call * 1_000, 1_000));
    await expect(said.note(stolen, many(10_000, 1))).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    await said.note(node, many(0, 1));
  });

  it.each([
    ['a proxy of 129 characters', { proxy: 'x'.repeat(129) }],
    ['a context with a line feed', { context: 'a\nb' }],
    ['no state', { state: 'STATE_UNSPECIFIED' }],
    ['a number below nothing', { number: -1 }],
    ['an issuer that is none', { issuerId: "'; DROP TABLE" }],
  ])('refuses %s', async (_, wrong) => {
    const one = { issuerId, number: 1, proxy: 'p', context: 'c', state: 'STATE_DELIVERED', at: null, ...wrong };
    await expect(acknowledgements().note(node, [one as never])).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });

  it('names who lets a canary in, until he is seen to refuse one', async () => {
    const number = await prepared();
    const leave = replica().open(parseNodeName('deaf'), line);
    const said = (state: 'STATE_ENFORCED' | 'STATE_CANARY_ACCEPTED' | 'STATE_DELIVERED', of = number) =>
      acknowledgements().note(parseNodeName('deaf'), [
        { issuerId, number: of, proxy: 'envoy', context: 'in', state, at: null },
      ]);
    const why = async () =>
      (await report(number)).stragglers.filter(({ node: of }) => of === 'deaf').map((one) => one.why);
    await said('STATE_DELIVERED');
    expect(await why()).toEqual(['not-enforced']);
    await said('STATE_CANARY_ACCEPTED');
    expect(await why()).toEqual(['canary-accepted']);
    await said('STATE_ENFORCED');
    expect(await why()).toEqual([]);
    // It has lost it again, as the next canary shows; and found it.
    await said('STATE_CANARY_ACCEPTED', number + 10);
    expect(await why()).toEqual(['canary-accepted']);
    await said('STATE_ENFORCED', number + 20);
    expect(await why()).toEqual([]);
    leave();
  });
});
