import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileExportError } from './errors.js';
import type { FileSet } from './file-set.js';
import { VersionedDirectory } from './versioned-directory.js';

const set = (version: string, size = 10): FileSet => ({
  version,
  files: [
    { name: 'tls.crt', content: `${version} `.repeat(size), secret: false },
    { name: 'tls.key', content: `${version} `.repeat(size), secret: true },
    { name: 'version', content: `${version}\n`, secret: false },
  ],
});
const own = { uid: process.getuid!(), gid: process.getgid!(), keyMode: 0o600 };

describe('a directory of sets', () => {
  let parent: string;
  let directory: string;
  let versions: VersionedDirectory;
  beforeEach(async () => {
    parent = await mkdtemp(join(await realpath(tmpdir()), 'sets-'));
    directory = join(parent, 'cart');
    versions = new VersionedDirectory({ ...own, directory });
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it('has the newest by its link, and the one before for those who are still reading', async () => {
    await versions.write(set('1'));
    const first = await realpath(join(directory, 'current'));
    await versions.write(set('2'));
    expect(await versions.version()).toBe('2');
    expect(await readFile(join(first, 'version'), 'utf8')).toBe('1\n');
    await versions.write(set('3'));
    const names = await readdir(directory);
    expect(names.filter((name) => name.startsWith('set-'))).toHaveLength(2);
    await expect(stat(first)).rejects.toThrow('ENOENT');
  });

  it('lets only its owner read the key', async () => {
    await versions.write(set('1'));
    const modeOf = async (name: string): Promise<number> => (await stat(join(directory, 'current', name))).mode & 0o777;
    expect(await modeOf('tls.key')).toBe(0o600);
    expect(await modeOf('tls.crt')).toBe(0o644);
  });

  it.runIf(process.getuid!() === 0)('gives the files to whom they are for, and keeps the directories', async () => {
    await new VersionedDirectory({ directory, uid: 12_345, gid: 23_456, keyMode: 0o640 }).write(set('1'));
    const { uid, gid, mode } = await stat(join(directory, 'current', 'tls.key'));
    expect([uid, gid, mode & 0o777]).toEqual([12_345, 23_456, 0o640]);
    expect((await stat(join(directory, 'current'))).uid).toBe(0);
  });

  it('is never read mixed or in part by whoever goes through the link once', async () => {
    await versions.write(set('0', 5_000));
    let running = true;
    let reads = 0;
    const read = async (): Promise<void> => {
      while (running) {
        const path = await realpath(join(directory, 'current'));
        const files = ['tls.crt', 'tls.key', 'version'].map((name) => readFile(join(path, name), 'utf8'));
        const [certificate, key, version] = (await Promise.all(files)) as [string, string, string];
        expect(certificate).toBe(key);
        expect(certificate).toBe(`${version.trimEnd()} `.repeat(5_000));
        reads += 1;
      }
    };
    const readers = Promise.all([read(), read()]);
    // Each reader's three files are opened well within the time of two writes.
    for (let version = 1; version <= 50; version++) {
      await versions.write(set(String(version), 5_000));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    running = false;
    await readers;
    expect(reads).toBeGreaterThan(50);
  });

  it('loses what a crash has left, and nothing that is another’s', async () => {
    await mkdir(join(directory, 'set-0123456789abcdef'), { recursive: true });
    await symlink('nowhere', join(directory, '.current-0123456789abcdef'));
    await writeFile(join(directory, 'nginx.conf'), '');
    await mkdir(join(directory, 'set-mine'));
    await versions.write(set('1'));
    const names = (await readdir(directory)).sort();
    expect(names).toEqual(['current', 'nginx.conf', await readlink(join(directory, 'current')), 'set-mine'].sort());
  });

  it('can be entered by its readers, whatever the agent’s umask', async () => {
    const before = process.umask(0o077);
    await versions.write(set('1')).finally(() => process.umask(before));
    for (const path of [directory, join(directory, 'current')]) expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect((await stat(join(directory, 'current', 'tls.crt'))).mode & 0o777).toBe(0o644);
  });

  it('has nothing left when it was taken away', async () => {
    await versions.write(set('1'));
    await versions.write(set('2'));
    await versions.remove();
    expect(await readdir(directory)).toEqual([]);
    expect(await versions.version()).toBeUndefined();
    await versions.remove();
  });

  it('leaves what was there where it can’t write', async () => {
    await versions.write(set('1'));
    const broken = { version: '2', files: [{ name: 'no/such/tls.key', content: '', secret: true }] };
    await expect(versions.write(broken)).rejects.toMatchObject({ code: 'EXPORT_WRITE_FAILED' });
    expect(await versions.version()).toBe('1');
    expect(await readdir(directory)).toHaveLength(2);
  });

  it('does not follow a link in place of `current`’s own file', async () => {
    const victim = join(parent, 'victim');
    await writeFile(victim, 'untouched');
    await mkdir(directory);
    await symlink(victim, join(directory, 'current'));
    await versions.write(set('1'));
    expect(await readFile(victim, 'utf8')).toBe('untouched');
    expect((await lstat(join(directory, 'current'))).isSymbolicLink()).toBe(true);
    expect(await versions.version()).toBe('1');
  });

  const refused = async (): Promise<void> => {
    const attempt = versions.write(set('1'));
    await expect(attempt).rejects.toThrow(FileExportError);
    await expect(attempt).rejects.toMatchObject({ code: 'EXPORT_DIRECTORY_INSECURE' });
  };

  it('is refused where others may write to it, sticky or not', async () => {
    await mkdir(directory);
    for (const mode of [0o775, 0o757, 0o1777]) {
      await chmod(directory, mode);
      await refused();
    }
  });

  it('is refused where others may replace it', async () => {
    await chmod(parent, 0o777);
    await refused();
    await chmod(parent, 0o1777);
    await versions.write(set('1'));
  });

  it('is refused where it, or what it lies in, is a link', async () => {
    await mkdir(join(parent, 'elsewhere'));
    await symlink(join(parent, 'elsewhere'), directory);
    await refused();
    versions = new VersionedDirectory({ ...own, directory: join(directory, 'below') });
    await refused();
  });

  it.runIf(process.getuid!() === 0)('is refused where it is another user’s', async () => {
    await mkdir(directory);
    const { chown } = await import('node:fs/promises');
    await chown(directory, 12_345, 0);
    await refused();
  });

  it('is refused where it is a file', async () => {
    await writeFile(directory, '');
    await refused();
  });
});
