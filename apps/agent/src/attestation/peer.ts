import { readFileSync, readlinkSync } from 'node:fs';
import type { PeerCredentials } from './peer-credentials.js';

/** When a process began, in ticks since the machine did; undefined where there is no such process (any more). */
export const startTimeOf = (pid: number): string | undefined => {
  try {
    // proc(5): the second field is the name in parentheses, with whatever the process likes in it. Start time is the 22nd.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

/**
 * Who has connected, by the kernel's word as of then. A pid may be given to another process once its holder has ended,
 * so what is read from /proc counts only while the start time is the same.
 */
export class Peer {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  readonly startTime: string | undefined;

  constructor(credentials: PeerCredentials) {
    ({ uid: this.uid, gid: this.gid, pid: this.pid } = credentials);
    this.startTime = startTimeOf(this.pid);
  }

  /** Still the process that connected. */
  isThere(): boolean {
    return this.startTime !== undefined && startTimeOf(this.pid) === this.startTime;
  }

  /**
   * Path of the program; undefined where it can't be known: the process is gone, in another namespace, or another
   * user's and the agent may not look. The start time is read after the path, so that both are of one process.
   */
  executable(): string | undefined {
    try {
      const path = readlinkSync(`/proc/${this.pid}/exe`);
      return this.isThere() ? path : undefined;
    } catch {
      return undefined;
    }
  }

  toString(): string {
    return `uid ${this.uid}, gid ${this.gid}, pid ${this.pid}`;
  }
}
