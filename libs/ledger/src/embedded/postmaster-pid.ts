import { readFileSync } from 'node:fs';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface RunningPostmaster {
  readonly pid: number;
  readonly port: number;
}

/** The postmaster that runs on this cluster, left by a process that was killed, or started by another one. */
export async function runningPostmaster(cluster: string): Promise<RunningPostmaster | undefined> {
  const file = join(cluster, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  if (await runsElsewhere(pid, cluster)) {
    // The pid belongs to somebody else by now; Postgres itself would take it for a running postmaster.
    await rm(file);
    return undefined;
  }
  return { pid, port };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// Ended, but its parent has not asked for its status (a container's first process may never do so).
function isZombie(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

// A postmaster works in its cluster's directory. Where there is no /proc, the pid is believed.
async function runsElsewhere(pid: number, cluster: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) !== (await realpath(cluster));
  } catch {
    return false;
  }
}
