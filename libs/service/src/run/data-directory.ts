import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The files that a service keeps for its user and itself. */
export class DataDirectory {
  constructor(readonly path: string) {}

  static async open(path: string): Promise<DataDirectory> {
    // Others may pass through to the embedded Postgres' own directory, when that runs as another user; every file
    // with a secret has a mode of its own.
    await mkdir(path, { recursive: true, mode: 0o711 });
    return new DataDirectory(path);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(this.file(name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Replaces the file in one step; what it held before or holds now is there after a crash, never a part. */
  async write(name: string, content: string, mode: 0o600 | 0o644): Promise<void> {
    const target = this.file(name);
    await mkdir(dirname(target), { recursive: true, mode: 0o711 });
    const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, mode);
    await rename(temporary, target);
    const directory = await open(dirname(target), 'r');
    await directory.sync().finally(() => directory.close());
  }

  /** A secret of 256 random bits, made once. */
  async secret(name: string): Promise<string> {
    const known = await this.read(name);
    if (known) return known.trim();
    const made = randomBytes(32).toString('base64url');
    await this.write(name, `${made}\n`, 0o600);
    return made;
  }
}
