import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeyStoreError } from '../errors.js';

interface Owned {
  readonly mode: number;
  readonly uid: number;
}

const refuseUnlessPrivate = (path: string, { mode, uid }: Owned): void => {
  const own = process.getuid?.();
  if ((mode & 0o077) !== 0 || (own !== undefined && uid !== own)) {
    throw new KeyStoreError(
      'KEYSTORE_INSECURE_PERMISSIONS',
      `${path} must belong to this user and be closed to all others (files 0600, directory 0700)`,
    );
  }
};

/** Makes the directory (0700) or checks that it is private. */
export const openPrivateDirectory = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const found = await stat(path);
  if (!found.isDirectory()) throw new KeyStoreError('KEYSTORE_CORRUPT', `${path} is not a directory`);
  refuseUnlessPrivate(path, found);
};

/** Undefined when there is no such file. Checks the opened file itself, so that it can't be swapped in between. */
export const readPrivateFile = async (path: string): Promise<string | undefined> => {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw new KeyStoreError('KEYSTORE_INSECURE_PERMISSIONS', `${path} is a symbolic link`);
    throw error;
  }
  try {
    refuseUnlessPrivate(path, await file.stat());
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
};

const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

const writeTemporary = async (path: string, content: string): Promise<string> => {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  return temporary;
};

/** Whole or not at all, and on the disk when it resolves; takes the place of a file with that name. */
export const writePrivateFile = async (path: string, content: string): Promise<void> => {
  await rename(await writeTemporary(path, content), path);
  await syncDirectory(dirname(path));
};

/** Gone from the disk when it resolves; nothing happens where there is none. */
export const removePrivateFile = async (path: string): Promise<void> => {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await syncDirectory(dirname(path));
};

/** Like writePrivateFile, but false when the file is there already: of two that start at once, one wins. */
export const createPrivateFile = async (path: string, content: string): Promise<boolean> => {
  const temporary = await writeTemporary(path, content);
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
  await syncDirectory(dirname(path));
  return true;
};
