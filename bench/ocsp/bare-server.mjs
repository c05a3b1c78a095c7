import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A process that answers everything with the same headers and bytes: what `node:http` costs by itself. */
export class BareServer {
  static async start(answer) {
    const child = fork(join(import.meta.dirname, 'bare-server-process.mjs'));
    child.send(answer);
    const [port] = await once(child, 'message');
    return Object.assign(new BareServer(), { child, pid: child.pid, url: `http://127.0.0.1:${port}` });
  }

  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill();
    await exited;
  }
}
