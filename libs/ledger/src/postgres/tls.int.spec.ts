import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { LedgerUnavailableError } from '../errors.js';
import { migrate } from '../migrate/migrate.js';
import { provisionServiceRole } from '../migrate/service-role.js';
import { newStream, noteAt } from '../testing/commands.js';
import { startSecuredPostgres } from '../testing/secured-postgres.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { TestAuthority } from '../testing/test-authority.js';
import { connectionOf, withTls } from './address.js';
import { checkDatabase } from './check-database.js';
import { PostgresLedger } from './postgres-ledger.js';
import { ProjectionDatabase } from './projection-database.js';

describe('TLS to Postgres', () => {
  let directory: string;
  let authority: TestAuthority;
  let postgres: EmbeddedPostgres;
  let database: TestDatabase;
  let admin: pg.Client;

  const plain = (): string => at('localhost', database.serviceUrl);
  const secured = (): string => withTls(plain(), { caFile: authority.file('ca.crt') });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cartulary-postgres-tls-'));
    await chmod(directory, 0o711);
    authority = await TestAuthority.create(directory);
    await TestAuthority.create(directory, 'stranger');
    await authority.issue('certified', { client: true });
    await authority.issue('somebody', { client: true });
    postgres = await startSecuredPostgres(directory, authority);
    database = await createTestDatabase(postgres.ownerUrl());
    admin = new pg.Client({ connectionString: database.ownerUrl });
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.end();
    await postgres?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** Of the services' connections: what they are for, and whether Postgres encrypts them. */
  const sessions = async (): Promise<[name: string, ssl: boolean][]> => {
    const { rows } = await admin.query<{ name: string; ssl: boolean }>(
      `SELECT regexp_replace(application_name, '-[0-9a-f]{8}-.*', '') AS name, ssl
       FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
       WHERE application_name LIKE 'cartulary-%' AND datname = current_database() ORDER BY name`,
    );
    return [...new Map(rows.map(({ name, ssl }) => [`${name} ${ssl}`, [name, ssl] as [string, boolean]])).values()];
  };

  it('carries appends, reads, notifications and projections', async () => {
    const ledger = new PostgresLedger({ url: secured(), pollInterval: 3_600_000 });
    const projections = new ProjectionDatabase(secured());
    const following = new AbortController();
    try {
      const events = ledger.follow({ after: 0, signal: following.signal })[Symbol.asyncIterator]();
      await events.next();
      await expect.poll(sessions, { timeout: 60_000 }).toContainEqual(['cartulary-listen', true]);
      const { events: appended } = await ledger.append(noteAt(newStream()));
      // Nobody polls: only the notification can bring it.
      const next = async (): Promise<number> => {
        for (;;) {
          const { value } = (await events.next()) as { value: { events: { position: number }[] } };
          if (value.events.length > 0) return value.events[0]!.position;
        }
      };
      expect(await next()).toBe(appended[0]!.position);
      await projections.query('SELECT 1');
      const all = ['append', 'listen', 'projections', 'read'].map((name) => [`cartulary-${name}`, true]);
      expect(await sessions()).toEqual(all);
    } finally {
      following.abort();
      await Promise.all([ledger.close(), projections.close()]);
    }
  });

  it('carries migrations and the making of the services’ role', async () => {
    const { rows } = await admin.query<{ password: string }>(`SELECT md5(random()::text) AS password`);
    const role = `${database.name}_owner`;
    await admin.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD '${rows[0]!.password}'`);
    const url = new URL(secured());
    [url.username, url.password] = [role, rows[0]!.password];
    const unsecured = new URL(plain());
    [unsecured.username, unsecured.password] = [role, rows[0]!.password];
    await expect(migrate({ ownerUrl: unsecured.href })).rejects.toThrow('no encryption');
    expect(await migrate({ ownerUrl: url.href })).toEqual({ applied: [] });
    const made = await provisionServiceRole({ ownerUrl: url.href, role: `${database.name}_other`, password: 'p' });
    expect(await checkDatabase(made)).toBeUndefined();
  });

  it('is refused by us: another authority, another host, and where the server has none', async () => {
    const stranger = withTls(plain(), { caFile: authority.file('stranger.crt') });
    expect(await checkDatabase(stranger)).toMatchObject({ refusal: 'server-untrusted' });
    expect(await checkDatabase(at('127.0.0.1', secured()))).toMatchObject({ refusal: 'server-name' });
    expect(await checkDatabase(at('127.0.0.1', `${secured()}`.replace('verify-full', 'verify-ca')))).toBeUndefined();
    expect(await checkDatabase(`${plain()}?sslmode=require`)).toMatchObject({ refusal: 'server-untrusted' });
    const without = withTls(process.env['CARTULARY_TEST_POSTGRES_URL']!, { caFile: authority.file('ca.crt') });
    expect(await checkDatabase(without)).toMatchObject({ refusal: 'no-tls' });
    const ledger = new PostgresLedger({ url: stranger });
    await expect(ledger.append(noteAt(newStream()))).rejects.toThrow(LedgerUnavailableError);
    await ledger.close();
    expect(await sessions()).toEqual([]);
  });

  it('is demanded by the server, and so is a certificate of the role’s own', async () => {
    expect(await checkDatabase(plain())).toMatchObject({ refusal: 'tls-required' });
    expect(await checkDatabase(`${plain()}?sslmode=disable`)).toMatchObject({ refusal: 'tls-required' });
    await admin.query(`CREATE ROLE certified LOGIN PASSWORD 'secret'`);
    await admin.query(`GRANT CONNECT ON DATABASE ${database.name} TO certified`);
    const as = (name?: string): string => {
      const url = new URL(plain());
      [url.username, url.password] = ['certified', 'secret'];
      const own = name && { certificateFile: authority.file(`${name}.crt`), keyFile: authority.file(`${name}.key`) };
      return withTls(url.href, { caFile: authority.file('ca.crt'), ...own });
    };
    expect(await checkDatabase(as())).toMatchObject({ refusal: 'client-certificate' });
    // A certificate for another role, and Postgres doesn't say so.
    expect(await checkDatabase(as('somebody'))).toMatchObject({ refusal: 'credentials' });
    expect(await checkDatabase(as('certified'))).toBeUndefined();
  });

  it('tells wrong credentials and a missing database from a server that is away', async () => {
    const wrong = new URL(secured());
    wrong.password = 'guessed';
    const refused = await checkDatabase(wrong.href);
    expect(refused).toMatchObject({ refusal: 'credentials' });
    expect(refused?.reason).not.toContain('guessed');
    const elsewhere = new URL(withTls(database.ownerUrl, {}));
    elsewhere.pathname = '/nowhere';
    expect(await checkDatabase(elsewhere.href)).toMatchObject({ refusal: 'no-database' });
    expect(await checkDatabase('postgres://a:b@127.0.0.1:1/c')).toBeUndefined();
  });

  it('takes sslmode as libpq does, or stricter', () => {
    const ssl = (parameters: string): unknown => connectionOf(`postgres://a:b@h/d${parameters}`).ssl;
    expect(ssl('')).toBe(false);
    expect(ssl('?sslmode=disable')).toBe(false);
    expect(ssl('?sslmode=require')).toEqual({ minVersion: 'TLSv1.2' });
    const file = encodeURIComponent(authority.file('ca.crt'));
    expect(ssl(`?sslrootcert=${file}`)).not.toHaveProperty('checkServerIdentity');
    expect(ssl(`?sslrootcert=${file}&sslmode=verify-ca`)).toHaveProperty('checkServerIdentity');
    for (const mode of ['allow', 'prefer', 'no-verify', ''])
      expect(() => ssl(`?sslmode=${mode}`), mode).toThrow('could end in plaintext');
    expect(() => ssl(`?sslrootcert=${file}&sslmode=disable`)).toThrow('don’t go together');
    expect(() => ssl('?ssl=0')).toThrow('use sslmode');
    expect(() => ssl('?sslrootcert=/nowhere')).toThrow('/nowhere cannot be read (ENOENT)');
    expect(() => ssl(`?sslcert=${file}`)).toThrow('go together');
    const { connectionString } = connectionOf(`postgres://a:p%40ss@h/d?sslmode=require&connect_timeout=3`);
    expect(connectionString).toBe('postgres://a:p%40ss@h/d?connect_timeout=3');
  });
});

function at(host: string, url: string): string {
  const moved = new URL(url);
  moved.hostname = host;
  return moved.href;
}
