import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareAppend } from '../prepare-append.js';
import { newStream, noteAt } from '../testing/commands.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { APPEND, appendValues } from './append-statement.js';
import { PostgresLedger } from './postgres-ledger.js';

const PARTITION = 'cartulary.events_p0000000000000001';

describe('the event table', () => {
  let database: TestDatabase;
  let ledger: PostgresLedger;
  let owner: pg.Client;
  let service: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    ledger = new PostgresLedger({ url: database.serviceUrl });
    owner = new pg.Client({ connectionString: database.ownerUrl });
    service = new pg.Client({ connectionString: database.serviceUrl });
    await Promise.all([owner.connect(), service.connect()]);
    await ledger.append(noteAt(newStream()));
  });
  afterAll(async () => {
    await Promise.all([ledger.close(), owner.end(), service.end()]);
    await database.drop();
  });

  const changes = ['cartulary.events', PARTITION].flatMap((table) => [
    `UPDATE ${table} SET type = 'Other'`,
    `DELETE FROM ${table}`,
    `DELETE FROM ${table} WHERE false`,
    `TRUNCATE ${table}`,
  ]);

  it.each(changes)('refuses its owner %s', async (statement) => {
    await expect(owner.query(statement)).rejects.toMatchObject({ code: '42501', message: /append-only/ });
    expect((await ledger.head()).position).toBe(1);
  });

  it.each([
    ...changes,
    `INSERT INTO cartulary.events (position, committed_at, version, event_id, stream, type, envelope)
     VALUES (2, now(), 1, gen_random_uuid(), 's-1', 'T', 'x')`,
    `INSERT INTO ${PARTITION} (position, committed_at, version, event_id, stream, type, envelope)
     VALUES (2, now(), 1, gen_random_uuid(), 's-1', 'T', 'x')`,
    `UPDATE cartulary.ledger_head SET position = 0`,
    `UPDATE cartulary.stream_heads SET version = 7`,
    `DELETE FROM cartulary.idempotency`,
    `DELETE FROM cartulary.erasable_fields`,
    `INSERT INTO cartulary.migrations VALUES ('x', 'y')`,
    `ALTER TABLE cartulary.events DISABLE TRIGGER ALL`,
    `ALTER TABLE cartulary.events ADD COLUMN extra int`,
    `ALTER TABLE cartulary.events DETACH PARTITION ${PARTITION}`,
    `DROP TABLE ${PARTITION}`,
    `DROP TRIGGER append_only ON cartulary.events`,
    `CREATE OR REPLACE FUNCTION cartulary.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
    `SET session_replication_role = replica`,
    `CREATE TABLE cartulary.mine (x int)`,
    `CREATE TABLE public.mine (x int)`,
    `CREATE SCHEMA mine`,
    `CREATE TEMP TABLE mine (x int)`,
    `GRANT cartulary_service TO postgres`,
    `CREATE ROLE another`,
  ])('refuses a service %s', async (statement) => {
    await expect(service.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('lets no other role of the server in', async () => {
    const other = await createTestDatabase();
    const url = new URL(other.serviceUrl);
    url.pathname = `/${database.name}`;
    const intruder = new pg.Client({ connectionString: url.href });
    await expect(intruder.connect()).rejects.toMatchObject({ code: '42501' });
    await other.drop();
  });

  it('lets services read and write what belongs to projections', async () => {
    await owner.query('CREATE TABLE projections.sample (id bigint PRIMARY KEY)');
    await service.query('INSERT INTO projections.sample VALUES (1)');
    await service.query('TRUNCATE projections.sample');
    await expect(service.query('DROP TABLE projections.sample')).rejects.toMatchObject({ code: '42501' });
  });

  it('refuses to append with an old snapshot', async () => {
    await service.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const call = service.query({ ...APPEND, values: appendValues([prepareAppend(noteAt(newStream()))]) });
    await expect(call).rejects.toThrow('READ COMMITTED');
    await service.query('ROLLBACK');
  });

  it('stores bytes of at most 65 535 octets and computes their leaf hash', async () => {
    const insert = (envelope: Buffer) =>
      owner.query(
        `INSERT INTO cartulary.events (position, committed_at, version, event_id, stream, type, envelope)
         VALUES (2, now(), 1, gen_random_uuid(), 's-1', 'T', $1) RETURNING leaf_hash = sha256('\\x00'::bytea || $1) AS right`,
        [envelope],
      );
    await expect(insert(Buffer.alloc(65_536))).rejects.toMatchObject({ code: '23514' });
    await owner.query('BEGIN');
    expect((await insert(Buffer.alloc(65_535))).rows).toEqual([{ right: true }]);
    await owner.query('ROLLBACK');
  });
});
