import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MigrationError } from '../errors.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { describeSchema } from './describe-schema.js';
import { migrate } from './migrate.js';
import { migrationsDirectory } from './migrations-directory.js';
import { provisionServiceRole } from './service-role.js';

describe('migrate', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cartulary-migrations-'));
    await cp(migrationsDirectory(), directory, { recursive: true });
  });
  afterAll(() => rm(directory, { recursive: true }));
  beforeEach(async () => {
    database = await createTestDatabase(undefined, { directory });
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
  });
  afterEach(async () => {
    await owner.end();
    await database.drop();
  });

  const file = (name: string, sql: string) => writeFile(join(directory, name), sql);
  const run = () => migrate({ ownerUrl: database.ownerUrl, directory });

  it('makes the schema of migrations/schema.snapshot.sql', async () => {
    const snapshot = join(migrationsDirectory(), 'schema.snapshot.sql');
    const found = (await describeSchema(owner)).replaceAll('{postgres=', '{owner=').replaceAll('/postgres', '/owner');
    // Written anew on request; review the difference.
    if (process.env['CARTULARY_UPDATE_SNAPSHOT'] === '1') await writeFile(snapshot, found);
    expect(found).toBe(await readFile(snapshot, 'utf8'));
  });

  it('does nothing the second time', async () => {
    expect(await run()).toEqual({ applied: [] });
  });

  it('applies each file once when several start at the same time', async () => {
    await file('9001_create_counted.sql', 'CREATE TABLE projections.counted (x int); SELECT pg_sleep(0.2)');
    const results = await Promise.all([run(), run(), run(), run()]);
    expect(results.flatMap(({ applied }) => applied)).toEqual(['9001_create_counted.sql']);
    await rm(join(directory, '9001_create_counted.sql'));
  });

  it('refuses a file that was changed after it had been applied', async () => {
    await file('9002_create_first.sql', 'CREATE TABLE projections.first (x int)');
    await run();
    await file('9002_create_first.sql', 'CREATE TABLE projections.first (x bigint)');
    await expect(run()).rejects.toThrow('9002_create_first.sql was changed');
    await rm(join(directory, '9002_create_first.sql'));
    expect(await run()).toEqual({ applied: [] }); // ahead of this release: left alone
  });

  it('leaves nothing of a file that fails, and applies the ones before it', async () => {
    await file('9003_create_good.sql', 'CREATE TABLE projections.good (x int)');
    await file('9004_create_bad.sql', 'CREATE TABLE projections.bad (x int); SELECT 1 / 0');
    await expect(run()).rejects.toThrow(MigrationError);
    const { rows } = await owner.query(`SELECT relname FROM pg_class WHERE relname IN ('good', 'bad')`);
    expect(rows).toEqual([{ relname: 'good' }]);
    await file('9004_create_bad.sql', 'CREATE TABLE projections.bad (x int)');
    expect(await run()).toEqual({ applied: ['9004_create_bad.sql'] });
    await Promise.all(['9003_create_good.sql', '9004_create_bad.sql'].map((name) => rm(join(directory, name))));
  });

  it('changes the password of a service role that exists', async () => {
    const role = `${database.name}_service`;
    const url = await provisionServiceRole({ ownerUrl: database.ownerUrl, role, password: 'new: p@ss/word' });
    const service = new pg.Client({ connectionString: url });
    await service.connect();
    expect((await service.query('SELECT current_user AS name')).rows).toEqual([{ name: role }]);
    await service.end();
    const old = new pg.Client({ connectionString: database.serviceUrl });
    await expect(old.connect()).rejects.toMatchObject({ code: '28P01' });
  });
});
