import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@cartulary/ledger/embedded';

// One Postgres for the whole run, each test file with databases of its own (createTestDatabase). What a crash of
// the machine would lose is not under test here, so it need not wait for the disk.
const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '300' };

export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'cartulary-test-postgres-'));
  await chmod(directory, 0o711); // when we are root, Postgres runs as another user
  const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), settings });
  process.env['CARTULARY_TEST_POSTGRES_URL'] = postgres.ownerUrl();
  return async () => {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  };
}
