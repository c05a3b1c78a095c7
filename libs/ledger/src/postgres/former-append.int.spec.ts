import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LedgerConflictError } from '../errors.js';
import { migrate } from '../migrate/migrate.js';
import { migrationsDirectory } from '../migrate/migrations-directory.js';
import { prepareAppend } from '../prepare-append.js';
import { newStream, noteAt } from '../testing/commands.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { verifyLedger } from '../verify/verify-ledger.js';
import { PostgresLedger } from './postgres-ledger.js';

// As a process of the release before calls it.
const FORMER = `SELECT outcome, first_position::float8 AS position, actual_version::float8 AS version
  FROM cartulary.ledger_append($1::int[], $2::text[], $3::bigint[], $4::int[], $5::text[], $6::bigint[], $7::text[],
    $8::uuid[], $9::int[], $10::int[], $11::bytea, $12::int[], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`;

const formerly = (stream: string, before: number): unknown[] => {
  const [event] = prepareAppend(noteAt(stream, before)).events;
  const { version, type, id, envelope } = event!;
  return [[1], [stream], [before], [1], [stream], [version], [type], [id], [1], [envelope.length], envelope, [1]];
};

describe('processes of two releases on one ledger', () => {
  let database: TestDatabase;
  let ledger: PostgresLedger;
  let former: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    ledger = new PostgresLedger({ url: database.serviceUrl });
    former = new pg.Pool({ connectionString: database.serviceUrl, max: 2 });
  });
  afterAll(async () => {
    await Promise.all([ledger.close(), former.end()]);
    await database.drop();
  });

  it('append in turns to the same streams, and see one another’s versions', async () => {
    const stream = newStream();
    for (let version = 0; version < 6; version += 2) {
      await ledger.append(noteAt(stream, version));
      const { rows } = await former.query(FORMER, formerly(stream, version + 1));
      expect(rows).toMatchObject([{ outcome: 'appended' }]);
    }
    await expect(ledger.append(noteAt(stream, 5))).rejects.toBeInstanceOf(LedgerConflictError);
    expect((await former.query(FORMER, formerly(stream, 5))).rows).toMatchObject([{ outcome: 'conflict', version: 6 }]);
    expect((await ledger.readStream(stream)).events.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('race without a gap, and nothing is there twice', async () => {
    const appends = Array.from({ length: 200 }, () => {
      const stream = newStream();
      const both = [ledger.append(noteAt(stream)), former.query(FORMER, formerly(stream, 0))] as const;
      return Promise.allSettled(both).then(([one, other]) => {
        const won = [one.status === 'fulfilled', other.status === 'fulfilled' && isAppended(other.value.rows[0])];
        expect(won.filter(Boolean)).toHaveLength(1);
      });
    });
    await Promise.all(appends);
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    expect(await verifyLedger(owner)).toEqual({ events: 206, problems: [] });
    await owner.end();
  });
});

describe('a ledger that had events before the migration', () => {
  it('keeps the index that the release before reads by, and is read by it', async () => {
    const before = await mkdtemp(join(tmpdir(), 'cartulary-migrations-'));
    await cp(migrationsDirectory(), before, { recursive: true, filter: (file) => !/\/0005_/.test(file) });
    const database = await createTestDatabase(undefined, { directory: before });
    await rm(before, { recursive: true });
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    const stream = newStream();
    expect((await owner.query(FORMER, formerly(stream, 0))).rows).toMatchObject([{ outcome: 'appended' }]);
    expect((await migrate({ ownerUrl: database.ownerUrl })).applied).toEqual([expect.stringContaining('0005_')]);
    const { rows } = await owner.query<{ indexdef: string }>(
      `SELECT indexdef FROM pg_indexes WHERE schemaname = 'cartulary' AND indexname = 'events_stream_version'`,
    );
    expect(rows.map(({ indexdef }) => indexdef)).toEqual([expect.not.stringContaining('WHERE')]);
    const ledger = new PostgresLedger({ url: database.serviceUrl });
    await ledger.append(noteAt(stream, 1));
    expect((await ledger.readStream(stream)).events.map(({ version }) => version)).toEqual([1, 2]);
    expect(await verifyLedger(owner)).toEqual({ events: 2, problems: [] });
    await Promise.all([ledger.close(), owner.end()]);
    await database.drop();
  });
});

const isAppended = (row: unknown): boolean => (row as { outcome: string }).outcome === 'appended';
