import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type sendUnaryData,
  Server,
  ServerCredentials as Plain,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedHandleCall,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { grpcPackage } from '@cartulary/contracts';
import {
  type Health,
  type Logger,
  type Metrics,
  newCorrelation,
  type ProblemTable,
  type ServerCredentials,
  withCorrelation,
} from '@cartulary/runtime';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type { GrpcCall, GrpcHandlers, StreamHandler, UnaryHandler } from './call.js';
import { type Connection, Connections } from './connections.js';
import { GrpcEdgeError } from './errors.js';
import { arrivals, CONNECTION } from './interceptor.js';
import { refusalOf } from './refusal.js';
import { streamOf } from './stream.js';

type Definition = Readonly<Record<string, { readonly path: string; readonly responseStream: boolean }>>;

export interface GrpcOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly problems: ProblemTable;
  readonly maxConnections: number;
  /** Streams at once, of all callers. */
  readonly maxStreams: number;
  readonly limits?: Partial<GrpcLimits>;
}

/** Milliseconds and octets. */
export interface GrpcLimits {
  readonly handshake: number;
  /** With more handshakes at once, each may take `hurried` only. */
  readonly handshakes: number;
  readonly hurried: number;
  /** Until the first call of a connection. */
  readonly silence: number;
  /** Until the whole request is there. */
  readonly arrival: number;
  /** Until a unary call is answered. */
  readonly answer: number;
  /** Until a stream's reader takes one message. */
  readonly reader: number;
  readonly message: number;
  /** Between two pings of a connection, and how long its end may take to answer one: then it is dead. */
  readonly keepalive: number;
  readonly pong: number;
  readonly health: number;
  readonly drain: number;
}

/** Why a signal aborts: nobody looks, and another would cost a stack trace for every call. */
const OVER = 'the call is over';

const usual: GrpcLimits = {
  ...{ handshake: 10_000, handshakes: 512, hurried: 2_000, silence: 10_000 },
  ...{ arrival: 10_000, answer: 30_000, reader: 30_000 },
  // Often, so that it is seen whether anything still comes (apps/revocation, Presence); but what is cut off for being late
  // comes back with all others at once, so that takes long.
  ...{ message: 128 * 1024, keepalive: 1_500, pong: 20_000, health: 2_000, drain: 5_000 },
};

/** The gRPC side of a process: TLS 1.3, client certificates where they are shown, health and reflection. */
export class GrpcServer {
  readonly #limits: GrpcLimits;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #injector: ReturnType<Server['createConnectionInjector']>;
  readonly #status = new HealthImplementation({ '': 'NOT_SERVING' });
  readonly #names: string[] = [];
  /** Of calls under way. Not one signal for all: each call would leave a trace in it (`AbortSignal.any`). */
  readonly #calls = new Set<AbortController>();
  #stopping = false;
  #streams = 0;
  #watch?: NodeJS.Timeout;

  constructor(private readonly options: GrpcOptions) {
    const limits = (this.#limits = { ...usual, ...options.limits });
    this.#server = new Server({
      'grpc.max_receive_message_length': limits.message,
      'grpc.max_concurrent_streams': 256,
      'grpc.keepalive_time_ms': limits.keepalive,
      'grpc.keepalive_timeout_ms': limits.pong,
      'grpc.enable_channelz': 0,
      interceptors: [arrivals(() => this.#connections, limits.arrival)],
    });
    this.#injector = this.#server.createConnectionInjector(Plain.createInsecure());
    const refused = options.metrics.counter('grpc_connections_refused_total', {
      help: 'gRPC connections that were closed, by why',
      labels: ['reason'],
    });
    this.#connections = new Connections(
      (socket) => this.#injector.injectConnection(socket),
      { ...limits, maxConnections: options.maxConnections },
      (reason) => refused.inc({ reason }),
    );
    new ReflectionService(grpcPackage).addToServer(this.#server);
    this.#status.addToServer(this.#server as never);
    options.metrics.gauge('grpc_streams', { help: 'gRPC streams that are open' }).set(0);
  }

  /** Before it listens. */
  add(definition: object, handlers: GrpcHandlers): void {
    const implementation: UntypedServiceImplementation = {};
    for (const [name, { path, responseStream }] of Object.entries(definition as Definition)) {
      const handler = handlers[`${name.charAt(0).toLowerCase()}${name.slice(1)}`];
      if (!handler) throw new TypeError(`${path} has no handler`);
      const stream: handleServerStreamingCall<never, never> = (call) =>
        void this.#stream(path, handler as StreamHandler, call);
      const unary: handleUnaryCall<never, object> = (call, answer) =>
        void this.#unary(path, handler as UnaryHandler, call, answer);
      implementation[name] = (responseStream ? stream : unary) as UntypedHandleCall;
      this.#names.push(path.split('/')[1] ?? '');
    }
    this.#server.addService(definition as never, implementation);
  }

  /** Whether anything would be served. */
  get empty(): boolean {
    return this.#names.length === 0;
  }

  /** New handshakes use these from now on; open connections go on. */
  setSecureContext(credentials: ServerCredentials): void {
    this.#connections.setSecureContext(credentials);
  }

  async listen(at: { readonly host: string; readonly port: number }): Promise<number> {
    const port = await this.#connections.listen(at);
    const look = async (): Promise<void> => {
      const { ready } = await this.options.health.readiness();
      for (const name of ['', ...new Set(this.#names)]) this.#status.setStatus(name, ready ? 'SERVING' : 'NOT_SERVING');
    };
    await look();
    this.#watch = setInterval(() => void look().catch(() => undefined), this.#limits.health).unref();
    return port;
  }

  /** Stops accepting, ends the streams, and lets other calls finish. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    this.#connections.stop();
    this.#stopping = true;
    this.#calls.forEach((call) => call.abort(OVER));
    this.#injector.drain(this.#limits.drain);
    await Promise.race([
      new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve())),
      new Promise<void>((resolve) => setTimeout(resolve, this.#limits.drain).unref()),
    ]);
    this.#server.forceShutdown();
    this.#connections.destroy();
  }

  async #unary(
    path: string,
    handler: UnaryHandler,
    call: ServerUnaryCall<never, object>,
    answer: sendUnaryData<object>,
  ): Promise<void> {
    await this.#within(path, call, async (own) => {
      answer(null, await this.#inTime(handler(own)));
    }).catch((refusal: object) => answer(refusal as never));
  }

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new GrpcEdgeError('REQUEST_TIMEOUT', 'no answer in time')), this.#limits.answer);
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  async #stream(path: string, handler: StreamHandler, call: ServerWritableStream<never, never>): Promise<void> {
    const open = this.options.metrics.gauge('grpc_streams', { help: 'gRPC streams that are open' });
    open.set(++this.#streams);
    try {
      await this.#within(path, call, async (own) => {
        if (this.#streams > this.options.maxStreams) {
          throw new GrpcEdgeError('TOO_MANY_REQUESTS', 'too many streams are open here', 1_000);
        }
        await handler(own, streamOf(call, own.signal, this.#limits.reader));
        if (this.#stopping) throw new GrpcEdgeError('UNAVAILABLE', 'this server stops');
      });
      call.end();
    } catch (refusal) {
      call.emit('error', refusal);
      this.#demandTaken(call);
    } finally {
      open.set(--this.#streams);
    }
  }

  /** The status waits behind what was sent. Whoever reads neither keeps a buffer here, and loses his connection for it. */
  #demandTaken(call: ServerWritableStream<never, never>): void {
    const timer = setTimeout(() => this.#connectionOf(call)?.socket.destroy(), this.#limits.drain).unref();
    call.once('cancelled', () => clearTimeout(timer));
  }

  #connectionOf({ metadata }: Pick<ServerWritableStream<never, never>, 'metadata'>): Connection | undefined {
    return this.#connections.get(String(metadata.get(CONNECTION)[0] ?? ''));
  }

  /** Runs a handler; what it throws becomes a status, and a line in the log. */
  async #within(
    path: string,
    call: ServerUnaryCall<never, object> | ServerWritableStream<never, never>,
    work: (own: GrpcCall<never>) => Promise<void>,
  ): Promise<void> {
    const { logger, metrics, problems } = this.options;
    const given = call.metadata.get('x-correlation-id')[0];
    const context = newCorrelation(given === undefined ? undefined : String(given));
    const gone = new AbortController();
    this.#calls.add(gone);
    call.once('cancelled', () => gone.abort(OVER));
    if (this.#stopping) gone.abort(OVER);
    const connection = this.#connectionOf(call);
    const own: GrpcCall<never> = {
      request: call.request,
      metadata: call.metadata,
      socket: connection?.socket,
      address: connection?.address ?? 'unknown',
      correlationId: context.correlationId,
      signal: gone.signal,
    };
    const started = performance.now();
    const done = (code: number, err?: unknown): void => {
      const ms = Math.round((performance.now() - started) * 10) / 10;
      const labels = { method: path, code: String(code) };
      metrics.counter('grpc_calls_total', { help: 'gRPC calls by status', labels: ['method', 'code'] }).inc(labels);
      const { caller, correlationId } = context;
      const entry = { method: path, code, ms, correlationId, caller, ...(err === undefined ? {} : { err }) };
      logger.child({ scope: 'grpc' })[err === undefined ? 'info' : 'error'](entry, 'call');
    };
    try {
      await withCorrelation(context, () => work(own));
      done(0);
    } catch (error) {
      const { status, resolved } = refusalOf(error, problems, context.correlationId);
      done(status.code, resolved.unexpected ? error : undefined);
      throw Object.assign(new Error(status.details), status);
    } finally {
      this.#calls.delete(gone);
    }
  }
}
