import { randomBytes, randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { exists, SHARED_DIRECTORY, type Binaries } from './binaries.js';
import { canEnter, type UnprivilegedUser } from './unprivileged-user.js';

/** What lies in the data directory: `cluster/` (Postgres' own), `superuser.password`, `postgres.log`. */
export interface DataDirectory {
  readonly path: string;
  readonly cluster: string;
  readonly log: string;
  readonly password: string;
}

/**
 * Opens a data directory, initialising it once. When we are root and the unprivileged user can't enter the
 * directory (it lies under /root, say), the data goes to a new directory below /var/lib/cartulary and the
 * file `location` in the requested one says where.
 */
export async function openDataDirectory(
  requested: string,
  user: UnprivilegedUser | undefined,
  binaries: Binaries,
  sync: boolean,
): Promise<DataDirectory> {
  const path = await enterableDirectory(resolve(requested), user);
  const cluster = join(path, 'cluster');
  const passwordFile = join(path, 'superuser.password');
  if (!(await exists(cluster))) {
    await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
    await initialise(cluster, passwordFile, user, binaries, sync);
  }
  return { path, cluster, log: join(path, 'postgres.log'), password: await readFile(passwordFile, 'utf8') };
}

async function enterableDirectory(requested: string, user: UnprivilegedUser | undefined): Promise<string> {
  // Others may pass through, to reach what is theirs; the cluster itself is 0700.
  await mkdir(requested, { recursive: true, mode: 0o711 });
  if (!user || canEnter(requested, user)) return requested;
  const pointer = join(requested, 'location');
  const known = (await readFile(pointer, 'utf8').catch(() => '')).trim();
  if (known !== '') return known;
  const elsewhere = join(SHARED_DIRECTORY, randomUUID());
  await mkdir(elsewhere, { recursive: true, mode: 0o755 });
  await writeFile(pointer, `${elsewhere}\n`);
  return elsewhere;
}

// A cluster appears under its name only when it is complete: a kill in the middle leaves nothing to trip over.
async function initialise(
  cluster: string,
  passwordFile: string,
  user: UnprivilegedUser | undefined,
  binaries: Binaries,
  sync: boolean,
): Promise<void> {
  const unfinished = `${cluster}.unfinished`;
  const password = `${cluster}.password`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(password, await readFile(passwordFile), { mode: 0o600 });
  if (user) await Promise.all([unfinished, password].map((path) => chown(path, user.uid, user.gid)));
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${password}`];
  await run(binaries.initdb, ['-D', unfinished, ...locale, ...access, ...(sync ? [] : ['--no-sync'])], user);
  await rm(password);
  await rename(unfinished, cluster);
}

async function run(command: string, args: readonly string[], user: UnprivilegedUser | undefined): Promise<void> {
  const owner = user ? { uid: user.uid, gid: user.gid } : {};
  const child = spawn(command, args, {
    ...owner,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: postgresEnvironment(),
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} failed (${code}): ${output.slice(-2000)}`);
}

/** Nothing of the caller's PG* variables, locale or secrets reaches Postgres. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}
