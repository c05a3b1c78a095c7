import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { MigrationError } from '../errors.js';
import { connectionOf } from '../postgres/address.js';
import { migrationsDirectory } from './migrations-directory.js';

export interface MigrateOptions {
  /** Of the role that owns the schema; services never get it. */
  readonly ownerUrl: string;
  readonly directory?: string;
  /** Positions per partition of the event table, for an empty ledger only; 10 000 000. */
  readonly partitionSize?: number;
}

export interface MigrateResult {
  /** Names of what this run applied. */
  readonly applied: readonly string[];
}

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

const NAME = /^\d{4}_[a-z]+(_[a-z0-9]+)+\.sql$/;
const RUNNER_LOCK = 0x6d696772; // "migr"

/**
 * Applies what is missing, in the order of names, each file in a transaction of its own. Two runs at once are
 * safe: the second waits. A database that is ahead (a newer release has migrated it) is left as it is.
 * @throws MigrationError when a file was changed after it had been applied, or fails
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const migrations = await readMigrations(options.directory ?? migrationsDirectory());
  const client = new pg.Client({ ...connectionOf(options.ownerUrl), application_name: 'cartulary-migrate' });
  await client.connect();
  try {
    await refuseOtherEncodings(client);
    await client.query('SELECT pg_advisory_lock($1)', [RUNNER_LOCK]); // ends with the session
    const applied = await applyMissing(client, migrations);
    await preparePartitions(client, options.partitionSize);
    return { applied };
  } finally {
    await client.end();
  }
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => NAME.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = (await readFile(join(directory, name), 'utf8')).replaceAll('\r\n', '\n');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

// Envelopes are read back as text: what Postgres hands out must be UTF-8.
async function refuseOtherEncodings(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string }>(`SELECT current_setting('server_encoding') AS encoding`);
  const encoding = rows[0]?.encoding;
  if (encoding !== 'UTF8') throw new MigrationError(`the database's encoding is ${encoding}, it must be UTF8`);
}

async function applyMissing(client: pg.Client, migrations: readonly Migration[]): Promise<string[]> {
  await client.query('CREATE SCHEMA IF NOT EXISTS cartulary');
  await client.query(`CREATE TABLE IF NOT EXISTS cartulary.migrations (
    name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM cartulary.migrations',
  );
  const known = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const changed = migrations.find(({ name, checksum }) => known.has(name) && known.get(name) !== checksum);
  if (changed) throw new MigrationError(`${changed.name} was changed after it had been applied`);
  const missing = migrations.filter(({ name }) => !known.has(name));
  for (const migration of missing) await apply(client, migration);
  return missing.map(({ name }) => name);
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query('INSERT INTO cartulary.migrations (name, checksum) VALUES ($1, $2)', [name, checksum]);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new MigrationError(`${name} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function preparePartitions(client: pg.Client, partitionSize: number | undefined): Promise<void> {
  if (partitionSize !== undefined) {
    await client.query(
      'UPDATE cartulary.ledger_head SET partition_size = $1 WHERE partitioned_to = 0 AND partition_size <> $1',
      [partitionSize],
    );
  }
  await client.query('SELECT cartulary.ensure_partitions(position) FROM cartulary.ledger_head');
}
