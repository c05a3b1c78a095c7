import type { AddressInfo } from 'node:net';
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
}

/**
 * The TLS side of a gRPC server. It is ours and not grpc-js's, which either takes no client certificate or insists on
 * one, can't change its own certificate while it runs, and doesn't tell handlers whether a chain was accepted.
 */
export class Connections {
  readonly #server: Server;
  readonly #open = new Map<string, Connection>();
  readonly #byId = new Map<string, Connection>();
  #count = 0;

  constructor(inject: (socket: TLSSocket) => void, { maxConnections, handshake }: ConnectionLimits) {
    this.#server = createServer({
      // Who is not authorized by a certificate may still show a token: that is for the handlers to decide.
      requestCert: true,
      rejectUnauthorized: false,
      handshakeTimeout: handshake,
      ALPNProtocols: ['h2'],
    });
    this.#server.maxConnections = maxConnections;
    this.#server.on('secureConnection', (socket: TLSSocket) => {
      const name = nameOf(socket);
      const connection = { id: String(++this.#count), socket, address: socket.remoteAddress ?? 'unknown' };
      this.#open.set(name, connection);
      this.#byId.set(connection.id, connection);
      socket.once('close', () => {
        this.#byId.delete(connection.id);
        if (this.#open.get(name) === connection) this.#open.delete(name);
      });
      // A peer that goes away is not our error.
      socket.on('error', () => undefined);
      if (socket.alpnProtocol !== 'h2') return void socket.destroy();
      inject(socket);
    });
  }

  get size(): number {
    return this.#open.size;
  }

  /** The connection that a call came over. */
  find(ends: Ends): Connection | undefined {
    return this.#open.get(nameOf(ends));
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
  }
}

const nameOf = ({ localAddress, localPort, remoteAddress, remotePort }: Ends): string =>
  [localAddress, localPort, remoteAddress, remotePort].join(' ');
