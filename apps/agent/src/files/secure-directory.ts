import { chmod, lstat, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileExportError } from './errors.js';

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

const refuse = (path: string, why: string): never => {
  throw new FileExportError('EXPORT_DIRECTORY_INSECURE', `${path} ${why}`);
};

/** Whoever may write to it, or to what it lies in, could put files of his own in its place. */
const check = async (path: string, isAbove: boolean): Promise<void> => {
  const stats = await lstat(path);
  const { mode, uid } = stats;
  if (!stats.isDirectory()) refuse(path, 'is no directory (a link is none either)');
  if (uid !== 0 && uid !== process.getuid?.()) refuse(path, 'belongs to another user');
  // In a sticky directory others make entries, and leave ours alone.
  const open = (mode & OTHERS_WRITE) !== 0 && !(isAbove && (mode & STICKY) !== 0);
  if (open) refuse(path, 'may be written to by others (chmod go-w)');
};

const ancestors = (path: string): string[] => (path === '/' ? ['/'] : [...ancestors(dirname(path)), path]);

/** Readers have to get into a new one, whatever the agent's umask; one that is there stays as it is. */
const make = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  await chmod(directory, 0o755);
};

/** Makes the directory where it is missing; what it lies in has to be there. Throws FileExportError. */
export const secureDirectory = async (directory: string): Promise<void> => {
  try {
    for (const path of ancestors(dirname(directory))) await check(path, true);
    await make(directory);
    await check(directory, false);
  } catch (error) {
    if (error instanceof FileExportError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new FileExportError('EXPORT_WRITE_FAILED', `${directory}: ${code ?? message}`, { cause: error });
  }
};
