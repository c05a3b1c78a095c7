import type { Socket } from 'node:net';
import { Metrics } from '@cartulary/runtime';
import { Injectable } from '@nestjs/common';
import { Peer } from '../attestation/peer.js';
import { peerCredentials } from '../attestation/peer-credentials.js';

export interface ConnectionLimits {
  readonly total: number;
  /** Of one uid. */
  readonly perUser: number;
  /** A connection on which nothing has been asked for so long is closed, ms. */
  readonly silence: number;
}

interface Connection {
  readonly peer: Peer;
  readonly socket: Socket;
  silence?: NodeJS.Timeout;
}

/** What Refused connections are counted by. */
type Refusal = 'total' | 'per-user' | 'unknown-peer' | 'silent';

const PREFIX = 'unix-peer-';

/** Who is at the other end of each connection. */
@Injectable()
export class Connections {
  readonly #open = new Map<string, Connection>();
  readonly #ofUser = new Map<number, number>();
  readonly #refused;
  readonly #gauge;
  #next = 0;

  constructor(metrics: Metrics) {
    this.#refused = metrics.counter('agent_connections_refused_total', {
      help: 'Connections to the socket that were closed, by why',
      labels: ['reason'],
    });
    this.#gauge = metrics.gauge('agent_connections', { help: 'Connections to the socket' });
  }

  get size(): number {
    return this.#open.size;
  }

  /** Asks the kernel, and gives the connection a name that gRPC tells as its peer. False: it is closed. */
  admit(socket: Socket, limits: ConnectionLimits): boolean {
    if (this.#open.size >= limits.total) return this.#refuse(socket, 'total');
    let peer: Peer;
    try {
      peer = new Peer(peerCredentials(socket));
    } catch {
      return this.#refuse(socket, 'unknown-peer');
    }
    const already = this.#ofUser.get(peer.uid) ?? 0;
    if (already >= limits.perUser) return this.#refuse(socket, 'per-user');
    const name = `${PREFIX}${++this.#next}`;
    // Unix sockets have no remote address, and gRPC tells a call's peer by nothing else.
    Object.defineProperty(socket, 'remoteAddress', { value: name });
    const connection: Connection = { peer, socket };
    connection.silence = setTimeout(() => this.#refuse(socket, 'silent'), limits.silence).unref();
    this.#open.set(name, connection);
    this.#ofUser.set(peer.uid, already + 1);
    this.#gauge.set(this.#open.size);
    socket.once('close', () => this.#closed(name, connection));
    return true;
  }

  /** By what `call.getPeer()` says; undefined once the connection is closed. A call ends the wait for the first one. */
  peerOf(name: string): Peer | undefined {
    const connection = this.#open.get(name);
    clearTimeout(connection?.silence);
    return connection?.peer;
  }

  destroyAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  #closed(name: string, { peer, silence }: Connection): void {
    clearTimeout(silence);
    this.#open.delete(name);
    const left = (this.#ofUser.get(peer.uid) ?? 1) - 1;
    if (left > 0) this.#ofUser.set(peer.uid, left);
    else this.#ofUser.delete(peer.uid);
    this.#gauge.set(this.#open.size);
  }

  #refuse(socket: Socket, reason: Refusal): false {
    this.#refused.inc({ reason });
    socket.destroy();
    return false;
  }
}
