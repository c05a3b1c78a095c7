import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { isAlive } from './postmaster-pid.js';

// A process of its own that starts Postgres, says so and waits to be killed.
const starter = join(import.meta.dirname, '..', 'testing', 'start-postgres.worker.ts');
const loader = join(import.meta.dirname, '..', 'testing', 'source-loader.mjs');

describe('startEmbeddedPostgres', () => {
  let directory: string;
  const root = process.getuid?.() === 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cartulary-embedded-'));
    await chmod(directory, 0o711);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const one = async (url: string, sql: string): Promise<Record<string, unknown>> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    await client.end();
    return rows[0]!;
  };

  const startInProcess = async (dataDirectory: string, stopWithParent: boolean) => {
    const args = ['--conditions=source', '--experimental-transform-types', '--no-warnings', `--import=${loader}`];
    const child = spawn(process.execPath, [...args, starter, dataDirectory, String(stopWithParent)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const started = JSON.parse(line.toString()) as { pid: number; port: number };
    child.kill('SIGKILL');
    await once(child, 'exit');
    return started;
  };

  it('makes a cluster once, keeps its data, and starts again within a second', async () => {
    const dataDirectory = join(directory, 'first');
    const first = await startEmbeddedPostgres({ dataDirectory });
    const url = await first.ensureDatabase('cartulary');
    expect(await first.ensureDatabase('cartulary')).toBe(url);
    await one(url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const before = performance.now();
    const second = await startEmbeddedPostgres({ dataDirectory, settings: { work_mem: '5MB' } });
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(await one(second.ownerUrl('cartulary'), 'SELECT n FROM kept')).toEqual({ n: 7 });
    expect(await one(second.ownerUrl(), 'SHOW work_mem')).toEqual({ work_mem: '5MB' });
    await second.stop();
  });

  it('keeps its password to itself and listens on 127.0.0.1 alone', async () => {
    const postgres = await startEmbeddedPostgres({ dataDirectory: join(directory, 'first') });
    const password = join(postgres.dataDirectory, 'superuser.password');
    expect((await stat(password)).mode & 0o777).toBe(0o600);
    expect(postgres.ownerUrl()).toContain(await readFile(password, 'utf8'));
    const settings = `SELECT current_setting('listen_addresses') AS l, current_setting('unix_socket_directories') AS u`;
    expect(await one(postgres.ownerUrl(), settings)).toEqual({ l: '127.0.0.1', u: '' });
    const wrong = new URL(postgres.ownerUrl());
    wrong.password = 'guess';
    await expect(one(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await postgres.stop();
  });

  it('recovers after kill -9 of Postgres, on the port that was asked for', async () => {
    const dataDirectory = join(directory, 'first');
    const first = await startEmbeddedPostgres({ dataDirectory });
    await one(first.ownerUrl(), 'CREATE TABLE acknowledged AS SELECT 1 AS n');
    await first.kill9();
    const second = await startEmbeddedPostgres({ dataDirectory, port: first.port });
    expect([second.port, second.adopted]).toEqual([first.port, false]);
    expect(await one(second.ownerUrl(), 'SELECT n FROM acknowledged')).toEqual({ n: 1 });
    await second.stop();
  });

  it('adopts the Postgres that a killed process left behind', async () => {
    const dataDirectory = join(directory, 'adopted');
    const left = await startInProcess(dataDirectory, false);
    expect(isAlive(left.pid)).toBe(true);
    const postgres = await startEmbeddedPostgres({ dataDirectory, port: 1 });
    expect(postgres).toMatchObject({ adopted: true, pid: left.pid, port: left.port });
    await postgres.stop();
    expect(isAlive(left.pid)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('shuts Postgres down when its process dies', async () => {
    const dataDirectory = join(directory, 'adopted');
    const left = await startInProcess(dataDirectory, true);
    for (let waited = 0; isAlive(left.pid) && waited < 10_000; waited += 20) await sleep(20);
    expect(isAlive(left.pid)).toBe(false);
    const postgres = await startEmbeddedPostgres({ dataDirectory });
    expect(postgres.adopted).toBe(false);
    await postgres.stop();
  });

  it('is not deceived by a process that has the pid of a postmaster long gone', async () => {
    const dataDirectory = join(directory, 'first');
    const lock = join(dataDirectory, 'cluster', 'postmaster.pid');
    await writeFile(lock, `${process.pid}\n${dataDirectory}/cluster\n1\n5432\n\n127.0.0.1\n\nready   \n`);
    const postgres = await startEmbeddedPostgres({ dataDirectory });
    expect(postgres.adopted).toBe(false);
    await postgres.stop();
  });

  it('says why when Postgres does not start', async () => {
    const dataDirectory = join(directory, 'first');
    const settings = { shared_buffers: 'plenty' };
    await expect(startEmbeddedPostgres({ dataDirectory, settings })).rejects.toThrow(/shared_buffers.*plenty/s);
  });

  it.runIf(root)('moves the data where an unprivileged Postgres can reach it', async () => {
    const closed = join(directory, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const first = await startEmbeddedPostgres({ dataDirectory: join(closed, 'data') });
    await first.stop();
    expect(first.dataDirectory).toMatch(/^\/var\/lib\/cartulary\//);
    const second = await startEmbeddedPostgres({ dataDirectory: join(closed, 'data') });
    await second.stop();
    expect(second.dataDirectory).toBe(first.dataDirectory);
    await rm(first.dataDirectory, { recursive: true });
  });
});
