import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { migrate, type MigrateOptions } from '../migrate/migrate.js';
import { provisionServiceRole } from '../migrate/service-role.js';

export interface TestDatabase {
  readonly name: string;
  readonly ownerUrl: string;
  readonly serviceUrl: string;
  /** Ends its connections and removes database and role. */
  drop(): Promise<void>;
}

/** A fresh, migrated database with a service role of its own; `adminUrl` is the test run's Postgres unless given. */
export async function createTestDatabase(
  adminUrl: string = requiredAdminUrl(),
  options: Omit<MigrateOptions, 'ownerUrl'> = {},
): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const role = `${name}_service`;
  await administer(adminUrl, [`CREATE DATABASE ${name}`]);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const ownerUrl = url.href;
  await migrate({ ownerUrl, ...options });
  const serviceUrl = await provisionServiceRole({ ownerUrl, role, password: randomBytes(12).toString('hex') });
  const drop = (): Promise<void> => administer(adminUrl, [`DROP DATABASE ${name} WITH (FORCE)`, `DROP ROLE ${role}`]);
  return { name, ownerUrl, serviceUrl, drop };
}

function requiredAdminUrl(): string {
  const url = process.env['CARTULARY_TEST_POSTGRES_URL'];
  if (!url) throw new Error('CARTULARY_TEST_POSTGRES_URL is not set: is test/postgres.setup.ts the global setup?');
  return url;
}

async function administer(adminUrl: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
