import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { sdsServiceDefinition } from '../sds/service-definition.js';
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from '../sds/messages.js';
import { adsServiceDefinition } from '../xds/ads-service.js';
import { authorizationDefinition, type CheckRequest, type CheckResponse } from '../live/authorization-service.js';
import { LISTENER_HEADER } from '../xds/filters.js';
import { workloadApiDefinition, type X509BundlesResponse, type X509SvidResponse } from '../workload-api/messages.js';
import { TestQueue } from './test-queue.js';

/** What a stream has said, one after the other; a refusal is thrown by `next`. */
export class TestStream<Response, Request = never> {
  readonly #answers = new TestQueue<Response>();
  readonly #iterator = this.#answers[Symbol.asyncIterator]();

  constructor(private readonly call: ClientReadableStream<Response> | ClientDuplexStream<Request, Response>) {
    call.on('data', (message: Response) => this.#answers.put(message));
    call.on('end', () => this.#answers.end());
    call.on('error', (error: ServiceError) => this.#answers.end(error));
  }

  async next(): Promise<Response> {
    const { value, done } = await this.#iterator.next();
    if (done === true) throw new Error('the stream ended');
    return value;
  }

  /** The gRPC status that it ends with, and what it says. */
  async refusal(): Promise<{ readonly code: string; readonly details: string }> {
    for (;;) {
      const ended = await this.next().then(
        () => undefined,
        (error: ServiceError) => error,
      );
      if (ended) return { code: status[ended.code] ?? ended.message, details: ended.details };
    }
  }

  send(request: Request): void {
    if ('write' in this.call) this.call.write(request);
  }

  cancel(): void {
    this.call.cancel();
  }
}

export const spiffeHeader = (): Metadata => {
  const metadata = new Metadata();
  metadata.set('workload.spiffe.io', 'true');
  return metadata;
};

/** Speaks to the agent's socket, as this process. */
export class SocketClient {
  readonly #client: Client;

  constructor(socket: string) {
    const options = { 'grpc.max_receive_message_length': -1, 'grpc.use_local_subchannel_pool': 1 };
    this.#client = new Client(`unix:${socket}`, credentials.createInsecure(), options);
  }

  svids(metadata = spiffeHeader()): TestStream<X509SvidResponse> {
    return this.#serverStream(workloadApiDefinition.fetchX509Svid, metadata);
  }

  bundles(metadata = spiffeHeader()): TestStream<X509BundlesResponse> {
    return this.#serverStream(workloadApiDefinition.fetchX509Bundles, metadata);
  }

  stateOfTheWorld(): TestStream<DiscoveryResponse, Partial<DiscoveryRequest>> {
    return this.#bidi<DiscoveryRequest, DiscoveryResponse>(sdsServiceDefinition.streamSecrets);
  }

  delta(): TestStream<DeltaDiscoveryResponse, Partial<DeltaDiscoveryRequest>> {
    return this.#bidi<DeltaDiscoveryRequest, DeltaDiscoveryResponse>(sdsServiceDefinition.deltaSecrets);
  }

  ads(): TestStream<DeltaDiscoveryResponse, Partial<DeltaDiscoveryRequest>> {
    return this.#bidi<DeltaDiscoveryRequest, DeltaDiscoveryResponse>(adsServiceDefinition.deltaAggregatedResources);
  }

  /** As a listener asks about a peer; `certificate` is URL-encoded PEM. */
  check(listener: string, certificate: string): Promise<CheckResponse> {
    const { path, requestSerialize, responseDeserialize } = authorizationDefinition.check;
    const metadata = new Metadata();
    metadata.set(LISTENER_HEADER, listener);
    const request: CheckRequest = { attributes: { source: { certificate } } };
    return new Promise((resolve, reject) =>
      this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, (error, answer) =>
        error || !answer ? reject(error ?? new Error('no answer')) : resolve(answer),
      ),
    );
  }

  fetch(request: Partial<DiscoveryRequest>): Promise<DiscoveryResponse> {
    const { path, requestSerialize, responseDeserialize } = sdsServiceDefinition.fetchSecrets;
    return new Promise((resolve, reject) =>
      this.#client.makeUnaryRequest(
        path,
        requestSerialize as (request: Partial<DiscoveryRequest>) => Buffer,
        responseDeserialize,
        request,
        (error, answer) => (error || !answer ? reject(error ?? new Error('no answer')) : resolve(answer)),
      ),
    );
  }

  /** A method that may not be there; gives the status. */
  call(path: string, metadata = spiffeHeader()): Promise<string> {
    const nothing = (): Buffer => Buffer.alloc(0);
    return new Promise((resolve) =>
      this.#client.makeUnaryRequest(path, nothing, nothing, {}, metadata, (error) =>
        resolve(status[error?.code ?? status.OK] ?? ''),
      ),
    );
  }

  close(): void {
    this.#client.close();
  }

  #serverStream<Response>(
    definition: { readonly path: string; responseDeserialize(bytes: Buffer): Response },
    metadata: Metadata,
  ): TestStream<Response> {
    const nothing = (): Buffer => Buffer.alloc(0);
    const { path, responseDeserialize } = definition;
    return new TestStream(this.#client.makeServerStreamRequest(path, nothing, responseDeserialize, {}, metadata));
  }

  #bidi<Request, Response>(definition: {
    readonly path: string;
    requestSerialize(request: Request): Buffer;
    responseDeserialize(bytes: Buffer): Response;
  }): TestStream<Response, Partial<Request>> {
    const { path, requestSerialize, responseDeserialize } = definition;
    const serialize = requestSerialize as (request: Partial<Request>) => Buffer;
    return new TestStream(this.#client.makeBidiStreamRequest(path, serialize, responseDeserialize));
  }
}
