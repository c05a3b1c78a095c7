import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { ListenError, secureContextOptions, type ServerCredentials } from '@cartulary/runtime';

/** Its four numbers name a connection while it is open. */
export interface Ends {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

export interface Connection {
  /** Never used again. */
  readonly id: string;
  readonly socket: TLSSocket;
  readonly address: string;
}

export interface ConnectionLimits {
  readonly maxConnections: number;
  /** Milliseconds that a handshake may take. */
  readonly handshake: number;
  /** With more handshakes than so many at once, each may take `hurried` milliseconds only: slow ones leave no room for others. */
  readonly handshakes: number;
  readonly hurried: number;
  /** A connection on which nothing has been asked for so many milliseconds is closed. */
  readonly silence: number;
}

export type Refusal = 'full' | 'handshakes' | 'silent' | 'not-h2';

/**
 * The TLS side of a gRPC server. It is ours and not grpc-js's, which either takes no client certificate or insists on
 * one, can't change its own certificate while it runs, and doesn't tell handlers whether a chain was accepted.
 */
export class Connections {
  readonly #server: Server;
  readonly #open = new Map<string, Connection>();
  readonly #byId = new Map<string, Connection>();
  /** In a handshake, the oldest first. */
  readonly #shaking = new Map<string, { readonly socket: Socket; readonly since: number }>();
  #hurry: NodeJS.Timeout | undefined;
  readonly #silent = new Map<Connection, NodeJS.Timeout>();
  #count = 0;

  constructor(
    inject: (socket: TLSSocket) => void,
    private readonly limits: ConnectionLimits,
    private readonly refused: (reason: Refusal) => void = () => undefined,
  ) {
    this.#server = createServer({
      // Who is not authorized by a certificate may still show a token: that is for the handlers to decide.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshake,
      ALPNProtocols: ['h2'],
    });
    this.#server.maxConnections = limits.maxConnections;
    this.#server.on('drop', () => this.refused('full'));
    // Node tells of a handshake that takes too long, and leaves the connection open.
    this.#server.on('tlsClientError', (_, socket: TLSSocket) => socket.destroy());
    this.#server.on('connection', (socket: Socket) => this.#shake(socket));
    this.#server.on('secureConnection', (socket: TLSSocket) => {
      const name = nameOf(socket);
      this.#shaking.delete(name);
      const connection = { id: String(++this.#count), socket, address: socket.remoteAddress ?? 'unknown' };
      this.#open.set(name, connection);
      this.#byId.set(connection.id, connection);
      socket.once('close', () => {
        this.#byId.delete(connection.id);
        if (this.#open.get(name) === connection) this.#open.delete(name);
        this.#hasAsked(connection);
      });
      // A peer that goes away is not our error.
      socket.on('error', () => undefined);
      if (socket.alpnProtocol !== 'h2') return this.#refuse(socket, 'not-h2');
      this.#silent.set(connection, setTimeout(() => this.#refuse(socket, 'silent'), limits.silence).unref());
      inject(socket);
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /** The connection that a call came over. That ends the wait for its first one. */
  find(ends: Ends): Connection | undefined {
    const connection = this.#open.get(nameOf(ends));
    if (connection) this.#hasAsked(connection);
    return connection;
  }

  get(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  setSecureContext(credentials: ServerCredentials): void {
    this.#server.setSecureContext(secureContextOptions(credentials));
  }

  /** Gives the port. Throws ListenError. */
  listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => reject(new ListenError(host, port, error)));
      this.#server.listen(port, host, () => {
        this.#server.removeAllListeners('error');
        this.#server.on('error', () => undefined);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Accepts no more; what is open stays. */
  stop(): void {
    this.#server.close(() => undefined);
  }

  destroy(): void {
    for (const { socket } of this.#byId.values()) socket.destroy();
    for (const { socket } of this.#shaking.values()) socket.destroy();
    clearTimeout(this.#hurry);
  }

  #shake(socket: Socket): void {
    const [name, one] = [nameOf(socket), { socket, since: performance.now() }];
    this.#shaking.set(name, one);
    socket.once('close', () => this.#shaking.get(name) === one && this.#shaking.delete(name));
    this.#hurryUp();
  }

  #hurryUp(): void {
    const { handshakes, hurried } = this.limits;
    if (this.#shaking.size <= handshakes) return;
    this.#hurry ??= setTimeout(() => {
      this.#hurry = undefined;
      const late = performance.now() - hurried;
      for (const [name, { socket, since }] of this.#shaking) {
        if (since > late || this.#shaking.size <= handshakes) break;
        this.#shaking.delete(name);
        this.#refuse(socket, 'handshakes');
      }
      this.#hurryUp();
    }, hurried / 4).unref();
  }

  #hasAsked(connection: Connection): void {
    clearTimeout(this.#silent.get(connection));
    this.#silent.delete(connection);
  }

  #refuse(socket: Socket, reason: Refusal): void {
    this.refused(reason);
    socket.destroy();
  }
}

const nameOf = ({ localAddress, localPort, remoteAddress, remotePort }: Ends): string =>
  [localAddress, localPort, remoteAddress, remotePort].join(' ');
