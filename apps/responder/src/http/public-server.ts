import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ListenError, Metrics } from '@cartulary/runtime';
import { Octets } from '@cartulary/x509';
import { type ByteRange, byteRangeOf } from './byte-range.js';
import { PublicRoutes, type Route } from './public-routes.js';
import { readBody } from './read-body.js';
import { ReadyReplies } from './ready-replies.js';
import {
  failed,
  methodNotAllowed,
  notFound,
  partial,
  type Reply,
  type RequestKind,
  tooLarge,
  unchanged,
  unsupportedMediaType,
} from './reply.js';
import { writeOctets } from './write-octets.js';

/** Milliseconds, octets, counts. */
export interface PublicLimits {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  /** Without a byte in either direction, as with a client that doesn't read what it asked for. */
  readonly idleTimeout: number;
  readonly connectionsCheckingInterval: number;
  readonly maxConnections: number;
  /** Request line and header fields; the line holds a GET's whole OCSP request. */
  readonly maxHeaderSize: number;
  readonly maxBodySize: number;
  /** For a whole CRL: who reads more slowly is hung up on. */
  readonly transferTimeout: number;
  /** How long requests under way may take once it closes. */
  readonly closeTimeout: number;
}

const defaults: PublicLimits = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 30_000,
  idleTimeout: 60_000,
  connectionsCheckingInterval: 1_000,
  maxConnections: 10_000,
  maxHeaderSize: 16 * 1_024,
  maxBodySize: 8 * 1_024,
  transferTimeout: 600_000,
  closeTimeout: 5_000,
};

const SMALL = 8 * 1_024;

export interface PublicServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Others may listen there too (SO_REUSEPORT): the kernel deals out the connections. */
  readonly reusePort?: boolean;
  readonly limits?: Partial<PublicLimits>;
}

/** The relying parties' side: plain HTTP, as AIA and CDP ask for, and nothing between it and the socket. */
@Injectable()
export class PublicServer implements OnApplicationShutdown {
  readonly #logger = new Logger(PublicServer.name);
  readonly #requests;
  #limits = defaults;
  #server: Server | undefined;

  constructor(
    private readonly routes: PublicRoutes,
    private readonly ready: ReadyReplies,
    metrics: Metrics,
  ) {
    this.#requests = metrics.counter('responder_requests_total', {
      help: 'Requests of relying parties',
      labels: ['kind', 'status'],
    });
  }

  /** Resolves when it accepts connections. Throws ListenError. */
  async start({ host, port, reusePort = false, limits }: PublicServerOptions): Promise<{ port: number }> {
    if (this.#server) throw new Error('the public server has been started already');
    this.#limits = { ...defaults, ...limits };
    const { maxConnections, idleTimeout } = this.#limits;
    const server = createServer(this.#limits, (request, response) => {
      if (!this.#sendReady(request, response)) void this.#handle(request, response);
    });
    server.maxConnections = maxConnections;
    server.setTimeout(idleTimeout);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new ListenError(host, port, error)));
      server.listen({ port, host, reusePort }, resolve);
    });
    server.on('error', (error) => this.#logger.error(`public server: ${String(error)}`));
    this.#server = server;
    return { port: (server.address() as AddressInfo).port };
  }

  /** Accepts nothing new, lets requests under way finish, then hangs up. */
  async close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const hangUp = setTimeout(() => server.closeAllConnections(), this.#limits.closeTimeout);
    await closed;
    clearTimeout(hangUp);
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  /** What is asked for most, before anything is made for it: no promise, no route. */
  #sendReady({ method, url = '', headers }: IncomingMessage, response: ServerResponse): boolean {
    return method === 'GET' && headers['if-none-match'] === undefined && this.ready.send(url, response);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = this.routes.find(request.url ?? '');
    const kind = route?.kind ?? 'other';
    const send = (reply: Reply): void => this.#send(request, response, kind, reply);
    try {
      if (!route) send(notFound());
      else if (request.method === 'GET' || request.method === 'HEAD') await route.get(send);
      else if (request.method === 'POST' && route.post) await this.#post(request, response, route.post, send);
      else send(methodNotAllowed(route.post ? 'POST' : 'GET, HEAD'));
    } catch (error) {
      // Whoever went away meanwhile needs no answer.
      if (response.destroyed || response.headersSent) return;
      this.#logger.error(`${request.method} ${kind}: ${String(error)}`);
      send(failed());
    }
  }

  async #post(
    request: IncomingMessage,
    response: ServerResponse,
    { mediaType, answer }: NonNullable<Route['post']>,
    send: (reply: Reply) => void,
  ): Promise<void> {
    const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
    if (type.trim().toLowerCase() !== mediaType) return send(unsupportedMediaType(mediaType));
    const body = await readBody(request, this.#limits.maxBodySize);
    if (!body) return send(tooLarge());
    if (this.ready.send(body.toString('latin1'), response)) return;
    await answer(body, send);
  }

  #send({ method, headers: asked }: IncomingMessage, response: ServerResponse, kind: RequestKind, whole: Reply): void {
    const notModified = method !== 'POST' && unchanged(whole, asked['if-none-match']);
    if (notModified) {
      const { 'Content-Type': _type, ...headers } = whole.headers;
      this.#requests.inc({ kind, status: 304 });
      response.writeHead(304, headers).end();
      return;
    }
    const range = method === 'GET' ? rangeOf(whole, asked) : undefined;
    const { status, headers, body } = range ? partial(whole, range) : whole;
    this.#requests.inc({ kind, status });
    const { first, last } = range && range !== 'unsatisfiable' ? range : { first: 0, last: body.length - 1 };
    response.writeHead(status, { ...headers, 'Content-Length': last - first + 1 });
    if (method === 'HEAD') response.end();
    else if (body instanceof Octets) void writeOctets(response, body, { first, last }, this.#limits.transferTimeout);
    // As text a small body leaves in one piece with its head, which costs less than two.
    else if (body.length < SMALL) response.end(body.toString('latin1'), 'latin1');
    else response.end(body);
  }
}

/** Of what is small, nobody gets a part. */
const rangeOf = ({ status, headers, body }: Reply, asked: IncomingHttpHeaders): ByteRange | undefined => {
  if (status !== 200 || !(body instanceof Octets)) return undefined;
  const { range, 'if-range': ifRange } = asked;
  return byteRangeOf({ range, ifRange: ifRange?.toString() }, body.length, headers['ETag']);
};
