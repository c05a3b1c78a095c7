import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { FileExportError } from './errors.js';
import type { FileExport } from './file-export.js';
import type { FileSet, SetFile } from './file-set.js';
import { secureDirectory } from './secure-directory.js';

const CURRENT = 'current';
const setName = /^set-[0-9a-f]{16}$/;
const linkName = /^\.current-[0-9a-f]{16}$/;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

const random = (): string => randomBytes(8).toString('hex');

const syncDirectory = async (path: string): Promise<void> => {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
};

type Owner = Pick<FileExport, 'directory' | 'uid' | 'gid' | 'keyMode'>;

/**
 * Sets of files, each in a directory of its own; `current` is a symbolic link to the newest and is replaced in one step.
 * Whoever goes through it once reads one set. The set before stays for those who are still reading.
 */
export class VersionedDirectory {
  constructor(private readonly owner: Owner) {}

  /** Of the set that is there, empty where that can't be read; undefined: there is none. */
  async version(): Promise<string | undefined> {
    const current = join(this.owner.directory, CURRENT);
    if (!(await lstat(current).catch(() => undefined))) return undefined;
    const text = await readFile(join(current, 'version'), 'utf8').catch(() => '');
    return text.trimEnd();
  }

  /** On the disk when it resolves. Throws FileExportError; then what was there is there still. */
  async write({ files }: FileSet): Promise<void> {
    const { directory } = this.owner;
    await secureDirectory(directory);
    const name = `set-${random()}`;
    const path = join(directory, name);
    try {
      await mkdir(path, { mode: 0o700 });
      for (const file of files) await this.#writeFile(path, file);
      const handle = await open(path, 'r');
      try {
        await handle.chmod(0o755);
        await handle.sync();
      } finally {
        await handle.close();
      }
      const before = await readlink(join(directory, CURRENT)).catch(() => undefined);
      await this.#point(name);
      await this.#clear([name, before]);
    } catch (error) {
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
      const { code, message } = error as NodeJS.ErrnoException;
      throw new FileExportError('EXPORT_WRITE_FAILED', `${directory}: ${code ?? message}`, { cause: error });
    }
  }

  /** Nothing of it is left. Throws FileExportError. */
  async remove(): Promise<void> {
    const { directory } = this.owner;
    if (!(await lstat(directory).catch(() => undefined))) return;
    await secureDirectory(directory);
    await rm(join(directory, CURRENT), { force: true });
    await this.#clear([]);
    await syncDirectory(directory);
  }

  async #writeFile(path: string, { name, content, secret }: SetFile): Promise<void> {
    const handle = await open(join(path, name), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
    try {
      await handle.writeFile(content);
      // The owner first: a mode that lets a group read must not let the agent's own.
      await handle.chown(this.owner.uid, this.owner.gid);
      await handle.chmod(secret ? this.owner.keyMode : 0o644);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #point(name: string): Promise<void> {
    const { directory } = this.owner;
    const link = join(directory, `.current-${random()}`);
    await symlink(name, link);
    await rename(link, join(directory, CURRENT));
    await syncDirectory(directory);
  }

  /** What earlier sets, and a crash, have left. Nothing else in the directory is ours. */
  async #clear(kept: readonly (string | undefined)[]): Promise<void> {
    const { directory } = this.owner;
    for (const name of await readdir(directory)) {
      if (kept.includes(name) || !(setName.test(name) || linkName.test(name))) continue;
      await rm(join(directory, name), { recursive: true, force: true });
    }
  }
}
