import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newStream, noteAt } from '../testing/commands.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { verifyLedger } from '../verify/verify-ledger.js';
import { PostgresLedger } from './postgres-ledger.js';
import { READ_STREAMS } from './statements.js';

describe('a ledger of small partitions', () => {
  let database: TestDatabase;
  let owner: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase(undefined, { partitionSize: 20 });
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await database.drop();
  });

  const partitions = async (): Promise<number> => {
    const { rows } = await owner.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = 'cartulary.events'::regclass`,
    );
    return rows[0]!.n;
  };

  it('crosses from one to the next within a batch, while readers go on', async () => {
    const ledger = new PostgresLedger({ url: database.serviceUrl, partitionCheckInterval: Number.MAX_SAFE_INTEGER });
    const stream = newStream();
    const stop = new AbortController();
    const seen: number[] = [];
    const following = (async () => {
      for await (const { events } of ledger.follow({ after: 0, signal: stop.signal, batchSize: 7 })) {
        seen.push(...events.map(({ position }) => position));
        if (seen.length >= 180) stop.abort();
      }
    })();
    for (let round = 0; round < 6; round++) {
      const others = Array.from({ length: 29 }, () => ledger.append(noteAt(newStream())));
      await Promise.all([...others, ledger.append(noteAt(stream, round))]);
    }
    await following;
    expect(seen).toEqual(Array.from({ length: 180 }, (_, index) => index + 1));
    expect((await ledger.readStream(stream)).events.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await verifyLedger(owner)).toEqual({ events: 180, problems: [] });
    expect(await partitions()).toBeGreaterThanOrEqual(9);
    await ledger.close();
  });

  it('has the next partition before it is needed, and no service can ask for more', async () => {
    const ledger = new PostgresLedger({ url: database.serviceUrl, partitionCheckInterval: 1 });
    await ledger.append(noteAt(newStream()));
    await ledger.close();
    const service = new pg.Client({ connectionString: database.serviceUrl });
    await service.connect();
    const before = await partitions();
    expect(before).toBeGreaterThanOrEqual(11);
    await service.query('SELECT cartulary.ensure_partitions(1000000)');
    expect(await partitions()).toBeLessThanOrEqual(before + 1);
    await service.end();
  });

  const executed = async (stream: string): Promise<string[]> => {
    const { rows } = await owner.query<Record<string, string>>(`EXPLAIN (ANALYZE, COSTS OFF) ${READ_STREAMS}`, [
      [stream],
    ]);
    return rows.map((row) => row['QUERY PLAN']!).filter((line) => !line.includes('never executed'));
  };
  const partitionsIn = (plan: readonly string[]) =>
    new Set(plan.flatMap((line) => line.match(/ on (events_p\d+)/)?.[1] ?? []));

  it('reads a stream of one event by its position, from one partition', async () => {
    const ledger = new PostgresLedger({ url: database.serviceUrl });
    const stream = newStream();
    await ledger.append(noteAt(stream));
    await ledger.close();
    const plan = await executed(stream);
    expect(partitionsIn(plan).size).toBe(1);
    expect(plan.join('\n')).not.toMatch(/stream_version|Seq Scan on events/);
  });

  it('reads a stream of events that lie far apart from what lies between, by their index', async () => {
    const ledger = new PostgresLedger({ url: database.serviceUrl });
    const stream = newStream();
    await ledger.append(noteAt(stream));
    await Promise.all(Array.from({ length: 40 }, () => ledger.append(noteAt(newStream()))));
    await ledger.append(noteAt(stream, 1));
    expect((await ledger.readStream(stream)).events.map(({ version }) => version)).toEqual([1, 2]);
    await ledger.close();
    const plan = await executed(stream);
    expect(partitionsIn(plan).size).toBeLessThanOrEqual(4);
    expect(plan.filter((line) => line.includes('stream_version')).length).toBeGreaterThan(0);
  });

  it('guards every partition by a trigger', async () => {
    const { rows } = await owner.query<{ table: string }>(
      `SELECT inhrelid::regclass::text AS table FROM pg_inherits WHERE inhparent = 'cartulary.events'::regclass`,
    );
    for (const { table } of rows) await expect(owner.query(`TRUNCATE ${table}`)).rejects.toThrow('append-only');
  });
});
