import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { LedgerUnavailableError } from '../errors.js';
import { newStream, noteAt } from '../testing/commands.js';
import { TcpProxy } from '../testing/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.js';
import { verifyLedger } from '../verify/verify-ledger.js';
import { PostgresLedger } from './postgres-ledger.js';

// A Postgres of its own: it is killed and paused.
describe('PostgresLedger when Postgres is not there', () => {
  let directory: string;
  let postgres: EmbeddedPostgres;
  let database: TestDatabase;
  let admin: pg.Pool;
  const ledgers: PostgresLedger[] = [];

  const start = (port = 0) => startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), port });
  const open = (options: object = {}): PostgresLedger => {
    const ledger = new PostgresLedger({ url: database.serviceUrl, pollInterval: 50, ...options });
    ledgers.push(ledger);
    return ledger;
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cartulary-unavailable-'));
    await chmod(directory, 0o711);
    postgres = await start();
    database = await createTestDatabase(postgres.ownerUrl());
    admin = new pg.Pool({ connectionString: database.ownerUrl });
    admin.on('error', () => undefined);
  });
  afterAll(async () => {
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    await admin.end();
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('tells the truth about every append when Postgres is killed under it, and recovers by itself', async () => {
    const ledger = open({ resolveTimeout: 20_000 });
    const stop = new AbortController();
    const followed: number[] = [];
    const following = (async () => {
      for await (const { events } of ledger.follow({ after: 0, signal: stop.signal })) {
        followed.push(...events.map(({ position }) => position));
      }
    })();
    const acknowledged = new Set<string>();
    const refused = new Set<string>();
    let unknown = 0;
    let writing = true;
    const writers = Array.from({ length: 20 }, async () => {
      while (writing) {
        const stream = newStream();
        try {
          await ledger.append(noteAt(stream));
          acknowledged.add(stream);
        } catch (error) {
          if (!(error instanceof LedgerUnavailableError)) throw error;
          if (error.outcomeUnknown) unknown++;
          else refused.add(stream);
          await sleep(5);
        }
      }
    });
    for (let round = 0; round < 3; round++) {
      await sleep(150);
      const { port } = postgres;
      await postgres.kill9();
      await sleep(100);
      postgres = await start(port);
    }
    const before = acknowledged.size;
    while (acknowledged.size < before + 100) await sleep(10);
    writing = false;
    await Promise.all(writers);
    const { position } = await ledger.head();
    while ((followed.at(-1) ?? 0) < position) await sleep(10);
    stop.abort();
    await following;
    const { rows } = await admin.query<{ stream: string }>('SELECT stream FROM cartulary.events');
    const recorded = new Set(rows.map(({ stream }) => stream));
    expect([...acknowledged].filter((stream) => !recorded.has(stream))).toEqual([]);
    expect([...refused].filter((stream) => recorded.has(stream))).toEqual([]);
    expect(unknown).toBe(0); // it came back in time, so that every outcome could be found out
    expect(recorded.size).toBe(acknowledged.size);
    expect(followed).toEqual(Array.from({ length: position }, (_, index) => index + 1));
    expect((await verifyLedger(admin)).problems).toEqual([]);
  });

  it('finds an append that was committed though its answer was lost', async () => {
    const proxy = await TcpProxy.start(postgres.port);
    const url = new URL(database.serviceUrl);
    url.port = String(proxy.port);
    const ledger = open({ url: url.href, appendConnections: 1 });
    await ledger.append(noteAt(newStream()));
    const stream = newStream();
    proxy.loseNextAnswer = true;
    const { outcome, events } = await ledger.append(noteAt(stream));
    expect(proxy.loseNextAnswer).toBe(false);
    expect(outcome).toBe('appended');
    expect((await ledger.readStream(stream)).events).toEqual(events);
    await ledger.close();
    await proxy.stop();
  });

  it('knows that an append was not committed when its session ended before', async () => {
    const ledger = open({ appendConnections: 1 });
    await ledger.append(noteAt(newStream()));
    const blocker = await admin.connect();
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE cartulary.ledger_head');
    const stream = newStream();
    const append = expect(ledger.append(noteAt(stream))).rejects.toMatchObject({
      code: 'LEDGER_UNAVAILABLE',
      outcomeUnknown: false,
    });
    await sleep(100);
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'cartulary-append-%'`,
    );
    await blocker.query('COMMIT');
    blocker.release();
    await append;
    expect((await ledger.readStream(stream)).version).toBe(0);
    expect((await ledger.append(noteAt(stream))).outcome).toBe('appended');
  });

  it('answers in time when Postgres waits for a lock for ever', async () => {
    const ledger = open({ lockTimeout: 200 });
    const blocker = await admin.connect();
    await blocker.query(`SELECT pg_advisory_lock(x'6361727475'::bigint)`);
    const stream = newStream();
    const before = performance.now();
    await expect(ledger.append(noteAt(stream))).rejects.toMatchObject({ outcomeUnknown: false });
    expect(performance.now() - before).toBeLessThan(2_000);
    await blocker.query(`SELECT pg_advisory_unlock(x'6361727475'::bigint)`);
    blocker.release();
    expect((await ledger.append(noteAt(stream))).outcome).toBe('appended');
  });

  it('says that the outcome is unknown when the server that has the append hangs', async () => {
    const ledger = open({ statementTimeout: 200, resolveTimeout: 500, connectTimeout: 300, appendConnections: 1 });
    await ledger.append(noteAt(newStream()));
    const { rows } = await admin.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'cartulary-append-%' ORDER BY backend_start DESC LIMIT 1`,
    );
    const stream = newStream();
    process.kill(rows[0]!.pid, 'SIGSTOP');
    const append = ledger.append(noteAt(stream));
    await expect(append).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE', outcomeUnknown: true });
    process.kill(rows[0]!.pid, 'SIGCONT');
    // It was told to end while it was stopped, so it ends before it would look at the append.
    await sleep(300);
    expect((await ledger.append(noteAt(newStream()))).outcome).toBe('appended');
  });

  it('gives a short read up long before an append', async () => {
    const ledger = open({ readConnections: 1, readTimeout: 300 });
    await ledger.head();
    const { rows } = await admin.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cartulary-read' ORDER BY backend_start DESC LIMIT 1`,
    );
    process.kill(rows[0]!.pid, 'SIGSTOP');
    const start = performance.now();
    await expect(ledger.head()).rejects.toBeInstanceOf(LedgerUnavailableError);
    // 1.3 s, were the machine idle; an append would be waited for eleven.
    expect(performance.now() - start).toBeLessThan(9_000);
    process.kill(rows[0]!.pid, 'SIGCONT');
    await expect
      .poll(
        () =>
          ledger.head().then(
            () => 'read',
            () => 'not yet',
          ),
        { timeout: 60_000 },
      )
      .toBe('read');
  });

  it('refuses at once when there is nobody at the address, and reads too', async () => {
    const nowhere = new URL(database.serviceUrl);
    nowhere.port = '1';
    const ledger = open({ url: nowhere.href });
    await expect(ledger.append(noteAt(newStream()))).rejects.toMatchObject({ outcomeUnknown: false });
    await expect(ledger.head()).rejects.toBeInstanceOf(LedgerUnavailableError);
    await expect(ledger.heads(['a-1'])).rejects.toBeInstanceOf(LedgerUnavailableError);
  });

  it('reads on after its idle connections were ended', async () => {
    const ledger = open();
    await ledger.head();
    await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'cartulary-%'`,
    );
    expect((await ledger.head()).position).toBeGreaterThan(0);
  });
});
