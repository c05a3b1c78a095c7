import { Client, type ClientReadableStream, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { grpcMetadata } from '@cartulary/contracts';
import type { Clock } from '@cartulary/runtime';
import { AuthorityError } from './errors.js';

/** As loaded from the .proto files. */
export interface CallDefinition {
  readonly path: string;
  readonly requestSerialize: (request: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

/** PEM. */
export interface ChannelCredentials {
  /** Authorities of the CA's own doors. */
  readonly authorities: string;
  readonly key?: string;
  readonly chain?: string;
}

const DEADLINE_MS = 20_000;
const options = {
  'grpc.max_receive_message_length': -1,
  // A dead connection is noticed within half a minute: nothing else would tell a stream on which little happens.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 0,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 5_000,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
};

const passing: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
  status.CANCELLED,
  status.INTERNAL,
  status.UNKNOWN,
]);

const authorityError = (error: unknown): AuthorityError => {
  const { code, details, metadata } = error as Partial<ServiceError>;
  if (code === undefined) throw error;
  const [reason] = metadata?.get(grpcMetadata.code) ?? [];
  const kind = passing.has(code) ? 'AUTHORITY_UNAVAILABLE' : 'AUTHORITY_REFUSED';
  const own = typeof reason === 'string' ? reason : status[code];
  return new AuthorityError(kind, details ?? 'no answer', own, { cause: error });
};

/** Calls to one of several servers that are the same: the one that answered last, else the next. */
export class GrpcChannel {
  #clients: readonly Client[] = [];
  #current = 0;

  constructor(
    private readonly addresses: readonly string[],
    private readonly clock: Clock,
  ) {}

  /** New calls are made with these; streams that are open go on as they were. */
  use({ authorities, key, chain }: ChannelCredentials): void {
    const old = this.#clients;
    const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
    const secure = credentials.createSsl(pem(authorities), pem(key), pem(chain));
    this.#clients = this.addresses.map((address) => new Client(address, secure, options));
    for (const client of old) client.close();
  }

  /** Throws AuthorityError. */
  unary<Response>({ path, requestSerialize, responseDeserialize }: CallDefinition, request: object): Promise<Response> {
    const client = this.#client();
    return new Promise((resolve, reject) => {
      const deadline = { deadline: this.clock.now().getTime() + DEADLINE_MS };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, deadline, (error, answer) => {
        if (!error) return resolve(answer as Response);
        reject(this.#failed(error, client));
      });
    });
  }

  /** Ends when the signal fires. Throws AuthorityError. */
  async *stream<Response>(
    { path, requestSerialize, responseDeserialize }: CallDefinition,
    request: object,
    signal: AbortSignal,
  ): AsyncGenerator<Response> {
    const client = this.#client();
    const call: ClientReadableStream<object> = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
    );
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of call) yield message as Response;
    } catch (error) {
      if (!signal.aborted) throw this.#failed(error, client);
    } finally {
      signal.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
    this.#clients = [];
  }

  #client(): Client {
    const client = this.#clients[this.#current % this.#clients.length];
    if (!client) throw new AuthorityError('AUTHORITY_UNAVAILABLE', 'there is no connection to the CA');
    return client;
  }

  #failed(error: unknown, client: Client): AuthorityError {
    const mapped = authorityError(error);
    // Several calls may fail at once; the first of them moves on.
    if (mapped.code === 'AUTHORITY_UNAVAILABLE' && client === this.#clients[this.#current % this.#clients.length]) {
      this.#current += 1;
    }
    return mapped;
  }
}
