// Opens many connections and says nothing on them. A process of its own: as another user where it may be one, and with a
// table of files of its own.
import { connect, type Socket } from 'node:net';

export interface FloodOrder {
  readonly to: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly connections: number;
  readonly uid?: number;
}
export interface FloodSaid {
  /** Connections that the kernel has made. */
  readonly connected: number;
  /** … that the other end has closed since. */
  readonly closed: number;
  /** All have been opened. */
  readonly done: boolean;
}

const AT_ONCE = 256;
const said = { connected: 0, closed: 0, done: false };

const open = (order: FloodOrder): Promise<void> =>
  new Promise((resolve) => {
    const attempt = (): void => {
      const socket: Socket = connect(order.to);
      let connected = false;
      socket.resume();
      socket.on('connect', () => {
        connected = true;
        said.connected += 1;
        resolve();
      });
      // The queue of those that wait to be accepted is full: once more, later.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (connected) said.closed += 1;
        else setTimeout(attempt, 20);
      });
    };
    attempt();
  });

process.on('message', (order: FloodOrder) => {
  if (order.uid !== undefined) process.setuid?.(order.uid);
  let left = order.connections;
  const work = async (): Promise<void> => {
    while (left-- > 0) await open(order);
  };
  void Promise.all(Array.from({ length: AT_ONCE }, work)).then(() => (said.done = true));
  setInterval(() => process.send?.({ ...said }), 50);
});
process.on('disconnect', () => process.exit(0));
