import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface UnprivilegedUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Postgres refuses to run as root: then the user `postgres`, created when it is missing, or else `nobody`.
 * Undefined when the process is not root and can run Postgres itself.
 */
export function unprivilegedUser(): UnprivilegedUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const found = findUser('postgres') ?? createUser('postgres') ?? findUser('nobody');
  if (!found) throw new Error('Postgres can not run as root, and there is no user "postgres" or "nobody" to run it as');
  return found;
}

function findUser(name: string): UnprivilegedUser | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':');
    if (user === name && uid !== undefined && gid !== undefined) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

function createUser(name: string): UnprivilegedUser | undefined {
  const useradd = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name];
  if (spawnSync('useradd', useradd).status !== 0) spawnSync('adduser', ['-S', '-D', '-H', name]); // BusyBox
  return findUser(name);
}

/** Whether `user` can reach into `directory` (which exists). */
export function canEnter(directory: string, user: UnprivilegedUser): boolean {
  const { uid, gid } = user;
  return spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], { uid, gid, cwd: '/' }).status === 0;
}
