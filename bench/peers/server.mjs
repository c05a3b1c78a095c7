import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 30_000;

/** A peer's process with its log in a file, up once its port takes connections. */
export class PeerServer {
  static async start({ command, args, log, port, ready = () => isOpen(port) }) {
    const file = openSync(log, 'a');
    const child = spawn(command, args, { stdio: ['ignore', file, file] });
    const server = Object.assign(new PeerServer(), { child, pid: child.pid });
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await ready())) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
        await server.stop();
        throw new Error(`${command} did not start: ${(await readFile(log, 'utf8')).slice(-1_000)}`);
      }
      await sleep(50);
    }
    return server;
  }

  async stop() {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}

const isOpen = async (port) => {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};
