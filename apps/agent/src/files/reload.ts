import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { FileExportError } from './errors.js';
import type { FileExport, ReloadCommand, ReloadSignal } from './file-export.js';

const MOST_SAID = 500;
const OTHERS_WRITE = 0o022;

/** None of the agent's own: there may be a join token among these. */
const environment = ({ identity, directory }: FileExport): NodeJS.ProcessEnv => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  CARTULARY_EXPORT_IDENTITY: identity,
  CARTULARY_EXPORT_DIRECTORY: directory,
});

const failed = (message: string, cause?: unknown): FileExportError =>
  new FileExportError('EXPORT_RELOAD_FAILED', message, { cause });

/** With all that it has started, where these are of its group still. */
const kill = (pid: number | undefined): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
};

const runCommand = ({ command, timeout }: ReloadCommand, given: FileExport, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const [file, ...args] = command;
    const options = { cwd: '/', env: environment(given), detached: true } as const;
    const child = spawn(file!, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    let late = false;
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-MOST_SAID)));
    const stop = (): void => kill(child.pid);
    const timer = setTimeout(() => {
      late = true;
      stop();
    }, timeout);
    signal.addEventListener('abort', stop, { once: true });
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      // What it has left running may hold its output open.
      child.stderr.destroy();
    };
    child.once('error', (error) => {
      over();
      reject(failed(`${file}: ${(error as NodeJS.ErrnoException).code ?? error.message}`, error));
    });
    child.once('exit', (code, killedBy) => {
      over();
      if (late) reject(new FileExportError('EXPORT_RELOAD_TIMEOUT', `${file} ran longer than ${timeout} ms`));
      else if (code === 0) resolve();
      else reject(failed(`${file} ended with ${code ?? killedBy}: ${said.trim()}`));
    });
  });

/** Whoever may write to the file says whom the agent signals. */
const pidOf = async (file: string): Promise<number> => {
  const refuse = (why: string): FileExportError => new FileExportError('EXPORT_PID_FILE', `${file} ${why}`);
  let handle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw refuse(`can’t be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw refuse('is no file');
    if (stats.uid !== 0 && stats.uid !== process.getuid?.()) throw refuse('belongs to another user');
    if ((stats.mode & OTHERS_WRITE) !== 0) throw refuse('may be written to by others');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(32), 0, 32, 0);
    const [, digits] = /^([1-9][0-9]{0,9})\s*$/.exec(buffer.toString('latin1', 0, bytesRead)) ?? [];
    const pid = Number(digits);
    if (digits === undefined || pid < 2 || pid > 0x7fff_ffff) throw refuse('holds no number of a process');
    return pid;
  } finally {
    await handle.close();
  }
};

const sendSignal = async ({ pidFile, signal }: ReloadSignal): Promise<void> => {
  const pid = await pidOf(pidFile);
  try {
    process.kill(pid, signal);
  } catch (error) {
    throw failed(`process ${pid} of ${pidFile}: ${(error as NodeJS.ErrnoException).code}`, error);
  }
};

/** Has the reader read anew. Resolves at once where it looks for itself. Throws FileExportError. */
export const reload = async (given: FileExport, signal: AbortSignal): Promise<void> => {
  if (!given.reload) return;
  signal.throwIfAborted();
  await ('command' in given.reload ? runCommand(given.reload, given, signal) : sendSignal(given.reload));
};
