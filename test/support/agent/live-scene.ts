import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, connect as http2Connect, type Http2Server } from 'node:http2';
import {
  createServer as createTcpServer,
  connect as tcpConnect,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { connect as tlsConnect, type TLSSocket } from 'node:tls';
import type { Exhibit } from '../judges/judge.js';

/** Something that a client holds open. */
export interface Held {
  /** When it was cut off, by `performance.now()`. */
  readonly cut: Promise<number>;
  close(): void;
}

/** The workload's own side: echoes bytes; HTTP/1 with WebSockets; HTTP/2 with streams that never end. */
export class LiveApps {
  readonly #servers: (Server | TcpServer | Http2Server)[] = [];
  readonly #sockets = new Set<Socket>();

  static async start(ports: {
    readonly tcp: number;
    /** Speaks first. */
    readonly banner: number;
    readonly http: number;
    readonly http2: number;
  }): Promise<LiveApps> {
    const apps = new LiveApps();
    const tcp = createTcpServer((socket) => void socket.on('error', () => undefined).pipe(socket));
    const banner = createTcpServer((socket) => void socket.on('error', () => undefined).write('secret'));
    const http = createServer((_, response) => response.end('ok'));
    http.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.on('error', () => undefined).pipe(socket);
    });
    const http2 = createHttp2Server();
    http2.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.write('begun');
    });
    for (const [server, port] of [
      [tcp, ports.tcp],
      [banner, ports.banner],
      [http, ports.http],
      [http2, ports.http2],
    ] as const) {
      server.on('connection', (socket: Socket) => {
        apps.#sockets.add(socket);
        socket.once('close', () => apps.#sockets.delete(socket));
      });
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      apps.#servers.push(server);
    }
    return apps;
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }
}

interface Door {
  readonly port: number;
  readonly root: string;
  readonly exhibit: Exhibit;
}

const tlsOptions = ({ port, root, exhibit }: Door) => ({
  ...{ host: '127.0.0.1', port, ca: root, checkServerIdentity: () => undefined },
  ...{ key: exhibit.keyPem, cert: exhibit.certificate + exhibit.chain },
});

const whenCut = (socket: Socket): Promise<number> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(performance.now()));
  });

/** Writes and waits for an answer; rejects where none comes. */
const exchange = (socket: Socket, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const closed = (): void => reject(new Error('closed before an answer'));
    socket.once('close', closed).once('data', (chunk: Buffer) => {
      socket.off('close', closed);
      resolve(chunk.toString());
    });
    socket.write(text);
  });

const opened = (door: Door, more: object = {}): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket: TLSSocket = tlsConnect({ ...tlsOptions(door), ...more }, () => resolve(socket));
    socket.once('error', reject);
  });

/** What is heard without, or after, a word of one's own; empty where it is nothing. */
export const listens = async (door: Door, word = ''): Promise<string> => {
  const socket = await opened(door);
  let heard = '';
  socket.on('error', () => undefined).on('data', (chunk: Buffer) => (heard += chunk.toString()));
  if (word !== '') socket.write(word);
  const deadline = performance.now() + 1_000;
  while (heard === '' && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  socket.destroy();
  return heard;
};

export const holdTcp = async (door: Door): Promise<Held> => {
  const socket = await opened(door);
  const cut = whenCut(socket);
  await exchange(socket, 'hello');
  return { cut, close: () => socket.destroy() };
};

const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

export const holdWebSocket = async (door: Door): Promise<Held> => {
  const socket = await opened(door);
  const cut = whenCut(socket);
  const answer = await exchange(socket, upgrade);
  if (!answer.startsWith('HTTP/1.1 101')) throw new Error(answer);
  await exchange(socket, 'hello');
  return { cut, close: () => socket.destroy() };
};

export const holdStream = async (door: Door): Promise<Held> => {
  const { port: _, ...tls } = tlsOptions(door);
  const session = http2Connect(`https://127.0.0.1:${door.port}`, tls);
  session.on('error', () => undefined);
  const stream = session.request({ ':method': 'POST', ':path': '/', 'content-type': 'application/grpc' });
  stream.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    stream.once('data', () => resolve());
    stream.once('close', () => reject(new Error('closed before an answer')));
  });
  const cut = new Promise<number>((resolve) => stream.once('close', () => resolve(performance.now())));
  return { cut, close: () => session.destroy() };
};

/** Asks again and again over one connection, until it is refused or cut. */
export const holdRequests = async (door: Door): Promise<Held> => {
  const socket = await opened(door);
  const closed = whenCut(socket);
  const ask = (): Promise<string> => exchange(socket, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const first = await ask();
  if (!first.startsWith('HTTP/1.1 200')) throw new Error(first);
  let over = false;
  const refused = (async () => {
    for (;;) {
      const answer = await ask().catch(() => 'closed');
      if (!answer.startsWith('HTTP/1.1 200') || over) return performance.now();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    cut: Promise.race([refused, closed]),
    close: () => {
      over = true;
      socket.destroy();
    },
  };
};

/** Through the client's own proxy, in plain text as its workload does. */
export const holdOutbound = async (port: number, kind: 'tcp' | 'websocket'): Promise<Held> => {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const one = tcpConnect(port, '127.0.0.1', () => resolve(one));
    one.once('error', reject);
  });
  const cut = whenCut(socket);
  const answer = await exchange(socket, kind === 'tcp' ? 'hello' : upgrade);
  if (kind === 'websocket' && !answer.startsWith('HTTP/1.1 101')) throw new Error(answer);
  return { cut, close: () => socket.destroy() };
};

/** Whether a new connection, or one that tries to go on with an old session, gets an answer. */
export const knocks = async (door: Door, session?: Buffer): Promise<{ accepted: boolean; reused: boolean }> => {
  try {
    const socket = await opened(door, session ? { session } : {});
    socket.on('error', () => undefined);
    const reused = socket.isSessionReused();
    const answer = await exchange(socket, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').catch(() => '');
    socket.destroy();
    return { accepted: answer.startsWith('HTTP/1.1 200'), reused };
  } catch {
    return { accepted: false, reused: false };
  }
};

/** What a client keeps of a session, to go on with it later; and how many tickets the server gave. */
export const sessionOf = async (door: Door): Promise<{ readonly session?: Buffer; readonly tickets: number }> => {
  const socket = await opened(door);
  let tickets = 0;
  socket.on('error', () => undefined).on('session', () => (tickets += 1));
  await exchange(socket, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const session = socket.getSession();
  socket.destroy();
  return { tickets, ...(session && { session }) };
};
