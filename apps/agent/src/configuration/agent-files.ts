import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The directory can't be trusted with a key. */
export class InsecureDirectoryError extends Error {
  readonly code = 'INSECURE_DIRECTORY';
  override readonly name = 'InsecureDirectoryError';
}

/** What the agent keeps in a directory of its own (0700). */
export class AgentFiles {
  private constructor(readonly directory: string) {}

  /** Makes it where it is missing. Throws InsecureDirectoryError where others may read or own it. */
  static async open(directory: string): Promise<AgentFiles> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const { mode, uid } = await stat(directory);
    if ((mode & 0o077) !== 0 || uid !== process.getuid?.()) {
      throw new InsecureDirectoryError(`${directory} must belong to this user and be closed to all others (0700)`);
    }
    return new AgentFiles(directory);
  }

  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.directory, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Whole or not at all, and on the disk when it resolves. */
  write(name: string, content: string, mode: 0o600 | 0o644): Promise<void> {
    return replaceFile(join(this.directory, name), content, mode);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.directory, name), { force: true });
  }
}

/** Whole or not at all: what the file held before or holds now is there after a crash, never a part. */
export const replaceFile = async (path: string, content: string, mode: number): Promise<void> => {
  const temporary = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(temporary, mode);
  await rename(temporary, path);
  const directory = await open(dirname(path), 'r');
  await directory.sync().finally(() => directory.close());
};
