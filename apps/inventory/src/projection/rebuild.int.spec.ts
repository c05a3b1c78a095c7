import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseTimestamp, type SpiffeId } from '@cartulary/domain';
import {
  certificate,
  crlPublished,
  held,
  issued,
  otherIssuer,
  registered,
  reinstated,
  released,
  revoked,
  suspended,
  workload,
} from '../testing/events.fixture.spec.js';
import type { StreamEvent } from '../testing/append.fixture.spec.js';
import { openReplica, recordOf, until } from '../testing/replica.fixture.spec.js';
import { openWorld, type World } from '../testing/world.fixture.spec.js';
import { PROJECTION_VERSION } from './rows.js';

const FULL = process.env['CARTULARY_FULL'] === '1';
const EVENTS = FULL ? 200_000 : 20_000;
const COMMAND = 500;

type Replica = ReturnType<typeof openReplica>;
let world: World;
let replicas: Replica[];
const open = (): Replica => {
  const replica = openReplica(world);
  replicas.push(replica);
  return replica;
};
const started = (): Replica => {
  const replica = open();
  replica.start();
  return replica;
};

beforeEach(async () => {
  world = await openWorld();
  replicas = [];
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await world.close();
});

const many = (count: number, one: (n: number) => StreamEvent): StreamEvent[] =>
  Array.from({ length: count }, (_, index) => one(index + 1));
const append = async (events: readonly StreamEvent[]): Promise<void> => {
  for (let at = 0; at < events.length; at += COMMAND) await world.append(...events.slice(at, at + COMMAND));
};
/** A mesh's history: mostly certificates, some of them held, released, revoked; identities; CRLs. */
const history = (count: number): readonly StreamEvent[] => {
  const certificates = Math.round(count * 0.9);
  return [
    ...many(certificates, (n) => issued(n, { identity: workload(`ns-${n % 100}`, `sa-${n % 1_000}`) })),
    ...many(Math.round(count * 0.02), (n) => registered(workload(`ns-${n % 100}`, `sa-${n}`))),
    ...many(Math.round(count * 0.02), (n) => held(n * 3)),
    ...many(Math.round(count * 0.01), (n) => released(n * 3)),
    ...many(Math.round(count * 0.03), (n) => revoked(n * 3 + 1)),
    ...many(Math.round(count * 0.02), () => crlPublished(otherIssuer)),
  ];
};
const known = (replica: Replica, position: number) =>
  until(`position ${position}`, async () => (await replica.progress.known()) >= position, 600);
const asked = (replica: Replica, generation: number) =>
  until(
    `generation ${generation}`,
    async () => (await recordOf(replica.generations, generation)).status === 'active',
    600,
  );
const schemas = async () =>
  (
    await world.db.query<{ name: string }>(
      `SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'projections_inventory_%' ORDER BY 1`,
    )
  ).map(({ name }) => name);

describe(`a rebuild of ${EVENTS} events`, () => {
  it(
    'gives the same while writing goes on, and nobody is refused or thrown back',
    async () => {
      const replica = started();
      await append(history(EVENTS));
      await known(replica, EVENTS);

      const seen = { answers: 0, position: 0, newest: 0, slowest: 0, written: 0 };
      const past = { asOf: String(EVENTS / 2), limit: 20 };
      const before = await replica.list(past);
      let done = false;
      const read = async (): Promise<void> => {
        while (!done) {
          const start = performance.now();
          const { position, certificates } = await replica.list({ limit: 20 });
          const [newest] = certificates;
          expect(position).toBeGreaterThanOrEqual(seen.position);
          expect(newest?.position).toBeGreaterThanOrEqual(seen.newest);
          Object.assign(seen, { position, newest: newest?.position, answers: seen.answers + 1 });
          seen.slowest = Math.max(seen.slowest, performance.now() - start);
          expect(await replica.list(past)).toEqual(before);
        }
      };
      const write = async (): Promise<void> => {
        for (let n = EVENTS + 1; !done; n += 20) {
          const batch = many(20, (index) => issued(n + index - 1));
          await world.append(...batch, revoked(n - EVENTS + 1_000), crlPublished(otherIssuer));
          seen.written += batch.length + 2;
          await sleep(20);
        }
      };
      const busy = Promise.all([read(), write()]);
      const start = performance.now();
      const { generation } = await replica.rebuild();
      await Promise.race([asked(replica, generation), busy]);
      const seconds = (performance.now() - start) / 1_000;
      await sleep(500);
      done = true;
      await busy;

      const record = await recordOf(replica.generations, generation);
      expect(record).toMatchObject({ skipped: [], comparison: { same: true } });
      expect(record.events).toBeGreaterThanOrEqual(EVENTS);
      const rows = record.comparison?.tables.map(({ table, rows }) => `${table} ${rows}`).join(', ');
      console.log(
        `rebuild: ${record.events} events in ${seconds.toFixed(1)} s, ` +
          `${Math.round((record.events / record.buildingMs) * 1_000)} events/s while building; ${rows}; ` +
          `${seen.written} written and ${seen.answers} lists answered meanwhile, the slowest in ${seen.slowest.toFixed(0)} ms`,
      );
      expect(seen.written).toBeGreaterThan(0);
      expect(seen.answers).toBeGreaterThan(0);
      await until(
        'the old tables’ end',
        async () => (await schemas()).join() === `projections_inventory_${generation}`,
      );
      // What came last is in the new tables, and these are still those of the ledger.
      await known(replica, (await world.ledger.head()).position);
      const again = await replica.rebuild();
      await asked(replica, again.generation);
      expect((await recordOf(replica.generations, again.generation)).comparison).toMatchObject({ same: true });
    },
    FULL ? 900_000 : 300_000,
  );
});

describe('a rebuild', () => {
  const small = async (replica: Replica, count = 600) => {
    await append(history(count));
    await known(replica, count);
  };

  it('is the only one at a time; the same request is the same rebuild', async () => {
    const replica = open();
    await world.append(issued(1));
    const first = await replica.rebuild('key');
    expect(first).toMatchObject({ generation: 2, status: 'building', version: PROJECTION_VERSION, reason: 'ordered' });
    expect(await replica.rebuild('key')).toEqual(first);
    await expect(replica.rebuild('another key')).rejects.toMatchObject({ code: 'PROJECTION_BEING_REBUILT' });
    const others = await Promise.allSettled([open().rebuild(), open().rebuild()]);
    expect(others.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(replica.rebuild(undefined, 'nothing')).rejects.toMatchObject({ code: 'PROJECTION_NOT_FOUND' });
    replica.start();
    await asked(replica, 2);
    expect(await replica.rebuild('key')).toMatchObject({ generation: 2, status: 'active' });
  });

  it('goes on where a process was killed that had begun it', async () => {
    const replica = open();
    await append(history(6_000));
    const { generation } = await replica.rebuild();
    // What a killed process leaves: a part of the tables, and its name on them.
    const dead = (await replica.generations.claim(generation, 'dead'))!;
    const stopped = new AbortController();
    const write = world.ledger.readAll.bind(world.ledger);
    let reads = 0;
    world.ledger.readAll = (options) => {
      if (++reads === 3) stopped.abort(new Error('killed'));
      return write(options);
    };
    await expect(replica.bulk.fill(dead, 'dead', stopped.signal)).rejects.toThrow('killed');
    world.ledger.readAll = write;
    const left = await recordOf(replica.generations, generation);
    expect(left.position).toBeGreaterThan(0);
    expect(left.position).toBeLessThan(6_000);

    replica.start();
    await world.ownerQuery(`UPDATE projections.inventory_generations SET builder_until = now() - interval '1 s'`);
    await asked(replica, generation);
    const record = await recordOf(replica.generations, generation);
    // Had it begun anew, it would have read more.
    expect(record.events).toBe(6_000);
    expect(await replica.list()).toMatchObject({ position: 6_000 });
  });

  it('is finished by another process, and what it replaced is dropped, whenever the builder dies', async () => {
    const replica = open();
    await append(history(500));
    const { generation } = await replica.rebuild();
    const dead = (await replica.generations.claim(generation, 'dead'))!;
    await replica.bulk.fill(dead, 'dead', new AbortController().signal);
    await replica.generations.follow(generation, 'dead');
    await world.ownerQuery(`UPDATE projections.inventory_generations SET builder_until = now() - interval '1 s'`);
    const other = started();
    await asked(other, generation);
    await until('the old tables’ end', async () => (await schemas()).length === 1);
  });

  it('is done by one of several replicas, and all of them answer from it', async () => {
    const [one, two] = [started(), started()];
    await small(one);
    const { generation } = await two.rebuild();
    await asked(one, generation);
    await world.append(issued(100_000));
    for (const replica of [one, two]) {
      await until('the newest', async () => (await replica.list({ limit: 1 })).position === 601);
      expect((await replica.list({ limit: 1 })).certificates).toMatchObject([{ position: 601 }]);
    }
    expect((await recordOf(one.generations, generation)).comparison).toMatchObject({ same: true });
  });

  it('puts right what was wrong, and says that it differed', async () => {
    const replica = started();
    await small(replica);
    await world.ownerQuery(`DELETE FROM projections_inventory_1.identities WHERE id LIKE '%sa-7'`);
    const { generation } = await replica.rebuild();
    await asked(replica, generation);
    const { comparison } = await recordOf(replica.generations, generation);
    expect(comparison?.same).toBe(false);
    expect(comparison?.tables.find(({ table }) => table === 'identities')).toMatchObject({
      rows: 12,
      previousRows: 11,
    });
    expect((await replica.identities()).identities).toHaveLength(12);
  });

  it('comes by itself when the code has another version, but not to a lower one', async () => {
    await world.ownerQuery('UPDATE projections.inventory_generations SET version = version - 1');
    const replica = started();
    await small(replica);
    await asked(replica, 2);
    expect(await recordOf(replica.generations, 2)).toMatchObject({ reason: 'version', version: PROJECTION_VERSION });
    expect(await replica.list({ limit: 1 })).toMatchObject({ position: 600 });

    await replica.stop();
    replicas = [];
    await world.ownerQuery('UPDATE projections.inventory_generations SET version = version + 2');
    const older = started();
    await world.append(issued(100_000));
    // The newer release feeds it; the older one goes on answering from it.
    expect(await older.list({ limit: 1 })).toMatchObject({ position: 600 });
    await sleep(1_500);
    expect((await older.generations.records())[0]).toMatchObject({ generation: 2, position: 600 });
  });

  it('leaves out what can’t be folded, and says so', async () => {
    const replica = started();
    const foreign = 'spiffe://elsewhere/ns/shop/sa/cart' as SpiffeId;
    await world.append(issued(1), issued(2));
    const [bad] = await world.append({ ...issued(3), data: { ...certificate(3), identity: foreign } });
    await world.append(issued(4));
    await known(replica, 4);
    const { generation } = await replica.rebuild();
    await asked(replica, generation);
    expect(await recordOf(replica.generations, generation)).toMatchObject({ skipped: [bad?.position] });
    expect((await replica.list()).certificates.map(({ position }) => position)).toEqual([4, 2, 1]);
  });
});

describe('the past', () => {
  it('is what was shown at the time, at every position', async () => {
    world.clock.advance(Date.parse('2990-01-01T00:00:00Z') - world.clock.now().getTime());
    const replica = started();
    const notAfter = parseTimestamp('2999-01-01T00:00:00Z');
    const [shop, bank] = [workload('shop'), workload('bank')];
    const steps: StreamEvent[] = [
      issued(1, { notAfter }),
      registered(shop),
      issued(2, { notAfter, identity: bank }),
      held(1),
      registered(bank),
      released(1),
      suspended(shop),
      revoked(2),
      reinstated(shop),
      issued(3, { notAfter }),
      revoked(1),
    ];
    const filters = [
      {},
      { namespace: 'shop' },
      { status: 'active' },
      { status: 'revoked' },
      { status: 'held' },
    ] as const;
    const shown = async (asOf?: string) => ({
      certificates: await Promise.all(filters.map((filter) => replica.list({ ...filter, ...(asOf ? { asOf } : {}) }))),
      identities: [
        await replica.identities(asOf ? { asOf } : {}),
        await replica.identities({ status: 'suspended', ...(asOf ? { asOf } : {}) }),
      ],
    });
    const then: { at: string; position: number; shown: object }[] = [];
    for (const step of steps) {
      const [event] = await world.append(step);
      await known(replica, event!.position);
      then.push({ at: event!.committedAt, position: event!.position, shown: await shown() });
      await sleep(5); // so that no two have the same time
    }
    const check = async () => {
      for (const { at, position, shown: before } of then) {
        expect(await shown(String(position))).toEqual(before);
        expect(await shown(at)).toEqual(before);
      }
      expect((await replica.list({ asOf: '0' })).certificates).toEqual([]);
    };
    await check();
    const { generation } = await replica.rebuild();
    await asked(replica, generation);
    await check();
  });

  it('comes in pages of one moment', async () => {
    const replica = started();
    await world.append(...many(10, (n) => issued(n)));
    await world.append(revoked(9));
    await known(replica, 11);
    const first = await replica.list({ asOf: '10', limit: 4 });
    await world.append(issued(11), revoked(5));
    const rest = await replica.list({ asOf: '13', limit: 100, cursor: first.nextCursor! });
    expect(first.certificates.map(({ position }) => position)).toEqual([10, 9, 8, 7]);
    expect(rest).toMatchObject({ position: 10, certificates: [6, 5, 4, 3, 2, 1].map((position) => ({ position })) });
    await expect(replica.list({ cursor: first.nextCursor! })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('ends where the ledger ends', async () => {
    const replica = started();
    await world.append(issued(1));
    const beyond = { code: 'AS_OF_BEYOND_HEAD' };
    await expect(replica.list({ asOf: '2' })).rejects.toMatchObject(beyond);
    await expect(replica.identities({ asOf: '9999-01-01T00:00:00Z' })).rejects.toMatchObject(beyond);
    await expect(replica.list({ asOf: 'yesterday' })).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });
});
