import { once } from 'node:events';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { locateBinaries } from './binaries.js';
import { type DataDirectory, openDataDirectory, postgresEnvironment } from './data-directory.js';
import { isAlive, runningPostmaster } from './postmaster-pid.js';
import { unprivilegedUser, type UnprivilegedUser } from './unprivileged-user.js';

export interface EmbeddedPostgresOptions {
  /** Created and initialised when missing. Everything in it belongs to the embedded Postgres. */
  readonly dataDirectory: string;
  /** 0 or absent: a free one. A Postgres that is adopted keeps its own. */
  readonly port?: number;
  /** Of postgresql.conf, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Let Postgres shut down when this process dies without stopping it (Linux with setpriv); true. */
  readonly stopWithParent?: boolean;
  /** Milliseconds, for everything; 60 000. */
  readonly timeout?: number;
}

export interface EmbeddedPostgres {
  readonly port: number;
  readonly pid: number;
  /** Where the data really lies. */
  readonly dataDirectory: string;
  /** Whether it was running already, left behind by a process that was killed. */
  readonly adopted: boolean;
  /** The superuser's URL. */
  ownerUrl(database?: string): string;
  /** Creates the database when it is missing; gives the superuser's URL for it. */
  ensureDatabase(database: string): Promise<string>;
  /** Fast shutdown: connections are ended, everything is on disk. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill9(): Promise<void>;
}

const FIXED_SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', timezone: 'UTC' };
const DEFAULT_SETTINGS = { max_connections: '200', log_timezone: 'UTC', log_min_messages: 'warning' };

/** Starts Postgres on 127.0.0.1, or adopts the one that still runs on this data directory. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const user = unprivilegedUser();
  const binaries = await locateBinaries(user);
  const settings = { ...DEFAULT_SETTINGS, ...options.settings, ...FIXED_SETTINGS };
  const data = await openDataDirectory(options.dataDirectory, user, binaries, options.settings?.['fsync'] !== 'off');
  const deadline = performance.now() + (options.timeout ?? 60_000);
  for (;;) {
    const running = await runningPostmaster(data.cluster);
    if (running) {
      if (await ready(data, running.port, () => isAlive(running.pid), deadline)) {
        return handle(data, running.port, running.pid, true);
      }
      continue; // it was shutting down and is gone now
    }
    const port = options.port || (await freePort());
    const child = await spawnPostmaster(binaries.postgres, data, port, settings, user, options.stopWithParent ?? true);
    const pid = child.pid!;
    if (await ready(data, port, () => child.exitCode === null && child.signalCode === null, deadline)) {
      return handle(data, port, pid, false);
    }
    const log = (await readFile(data.log, 'utf8')).slice(-2000);
    // Backends of a postmaster that was killed live for a moment; a free port may be taken by another.
    const passes = /pre-existing shared memory|Address already in use|lock file .* already exists/.test(log);
    if (!passes || performance.now() > deadline)
      throw new Error(`Postgres did not start; the end of ${data.log}:\n${log}`);
    await sleep(100);
  }
}

async function spawnPostmaster(
  postgres: string,
  data: DataDirectory,
  port: number,
  settings: Readonly<Record<string, string>>,
  user: UnprivilegedUser | undefined,
  stopWithParent: boolean,
): Promise<ChildProcess> {
  const set = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [postgres, '-D', data.cluster, '-p', String(port), ...set];
  // The kernel sends SIGINT (fast shutdown) when our process dies, however it dies.
  if (stopWithParent && hasSetpriv()) command.unshift('setpriv', '--pdeathsig', 'INT');
  const log = await open(data.log, 'w', 0o600);
  try {
    // Detached: a Ctrl-C in the terminal is for us, who then stop Postgres last.
    const child = spawn(command[0]!, command.slice(1), {
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
      cwd: '/',
      detached: true,
      env: postgresEnvironment(),
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

const hasSetpriv = (): boolean =>
  process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'INT', 'true']).status === 0;

// True once it answers; false when it ended before.
async function ready(data: DataDirectory, port: number, alive: () => boolean, deadline: number): Promise<boolean> {
  for (;;) {
    const client = new pg.Client({ connectionString: url(data, port, 'postgres'), connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return true;
    } catch (cause) {
      if (!alive()) return false;
      if (performance.now() > deadline) throw new Error(`Postgres on port ${port} does not answer`, { cause });
    } finally {
      await client.end().catch(() => undefined);
    }
    await sleep(25);
  }
}

function handle(data: DataDirectory, port: number, pid: number, adopted: boolean): EmbeddedPostgres {
  const ownerUrl = (database = 'postgres'): string => url(data, port, database);
  return {
    port,
    pid,
    dataDirectory: data.path,
    adopted,
    ownerUrl,
    ensureDatabase: async (database) => {
      await createDatabase(ownerUrl(), database);
      return ownerUrl(database);
    },
    stop: () => end(pid, 'SIGINT'),
    kill9: () => end(pid, 'SIGKILL'),
  };
}

async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  const patience = performance.now() + 30_000;
  if (isAlive(pid)) process.kill(pid, signal);
  while (isAlive(pid)) {
    if (performance.now() > patience) process.kill(pid, 'SIGQUIT');
    await sleep(10);
  }
}

async function createDatabase(adminUrl: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

const url = (data: DataDirectory, port: number, database: string): string =>
  `postgres://postgres:${data.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
