import { lstat, mkdir, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { SocketError } from './errors.js';

const STICKY = 0o1000;
const OTHERS_WRITE = 0o022;

/** Who may write to the directory can put a socket of his own there, and be the agent. */
const checkDirectory = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const { mode, uid } = await stat(directory);
  if (uid !== 0 && uid !== process.getuid?.()) {
    throw new SocketError(`${directory} belongs to another user, who could put a socket of his own there`);
  }
  if ((mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0) {
    throw new SocketError(`others may write to ${directory}, and put a socket of their own there (chmod go-w)`);
  }
};

const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Makes room for a socket: what a crash left behind goes, a living agent's stays. Throws SocketError. */
export const claimSocket = async (path: string): Promise<void> => {
  await checkDirectory(dirname(path));
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw new SocketError(`${path} is there and is no socket`);
  if (await isAnswered(path)) throw new SocketError(`another agent serves ${path}`);
  await rm(path);
};
