import {
  type ChannelCredentials,
  type ClientReadableStream,
  credentials,
  makeClientConstructor,
  type Metadata,
  Metadata as NewMetadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  type AttestResponse,
  type CertificateResponse,
  type Entitlements,
  grpcMetadata,
  grpcServices,
  type IstioCertificateResponse,
  type StreamTrustResponse,
} from '@cartulary/contracts';

type Unary = (request: object, metadata: Metadata, done: (error: ServiceError | null, answer: unknown) => void) => void;

/** What a refused call says. */
export interface Refusal {
  readonly status: string;
  readonly code: string;
  readonly details: string;
  readonly retryAfter: number | undefined;
}

export class GrpcRefusal extends Error implements Refusal {
  readonly status: string;
  readonly code: string;
  readonly details: string;
  readonly retryAfter: number | undefined;
  constructor(error: ServiceError) {
    super(error.message);
    this.status = status[error.code] ?? String(error.code);
    this.details = error.details;
    this.code = String(error.metadata?.get(grpcMetadata.code)[0] ?? '');
    const [after] = error.metadata?.get(grpcMetadata.retryAfter) ?? [];
    this.retryAfter = after === undefined ? undefined : Number(after);
  }
}

export interface Shown {
  readonly key: string;
  /** PEM, leaf first. */
  readonly cert: string;
}

/** A grpc-js client of all our services, with the credential that it shows. */
export class GrpcClient {
  readonly #clients: Readonly<
    Record<keyof typeof grpcServices, InstanceType<ReturnType<typeof makeClientConstructor>>>
  >;

  constructor(port: number, root: string, shown?: Shown) {
    const tls: ChannelCredentials = credentials.createSsl(
      Buffer.from(root),
      shown && Buffer.from(shown.key),
      shown && Buffer.from(shown.cert),
    );
    const open = (name: keyof typeof grpcServices) =>
      new (makeClientConstructor(grpcServices[name] as never, name))(`localhost:${port}`, tls, {
        // Each client has its own connection: the credential is the connection's.
        'grpc.use_local_subchannel_pool': 1,
      });
    this.#clients = { istio: open('istio'), agent: open('agent'), trust: open('trust') };
  }

  createCertificate(request: object, token?: string): Promise<IstioCertificateResponse> {
    return this.#unary('istio', 'CreateCertificate', request, token) as Promise<IstioCertificateResponse>;
  }
  attest(joinToken: string, csr: string): Promise<AttestResponse> {
    return this.#unary('agent', 'Attest', { joinToken, csr }) as Promise<AttestResponse>;
  }
  renewAgent(csr: string): Promise<CertificateResponse> {
    return this.#unary('agent', 'RenewAgent', { csr }) as Promise<CertificateResponse>;
  }
  signWorkload(request: object): Promise<CertificateResponse> {
    return this.#unary('agent', 'SignWorkload', request) as Promise<CertificateResponse>;
  }
  listEntitlements(): Promise<Entitlements> {
    return this.#unary('agent', 'ListEntitlements', {}) as Promise<Entitlements>;
  }
  acknowledge(acknowledgements: readonly object[]): Promise<unknown> {
    return this.#unary('trust', 'Acknowledge', { acknowledgements });
  }
  streamEntitlements(): ClientReadableStream<Entitlements> {
    return this.#stream('agent', 'StreamEntitlements', {});
  }
  streamTrust(request: object = {}): ClientReadableStream<StreamTrustResponse> {
    return this.#stream('trust', 'StreamTrust', request);
  }

  close(): void {
    Object.values(this.#clients).forEach((client) => client.close());
  }

  #unary(name: keyof typeof grpcServices, method: string, request: object, token?: string): Promise<unknown> {
    const client = this.#clients[name] as unknown as Record<string, Unary>;
    const metadata = new NewMetadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    return new Promise((resolve, reject) =>
      client[method]!.call(client, request, metadata, (error, answer) =>
        error ? reject(new GrpcRefusal(error)) : resolve(answer),
      ),
    );
  }

  #stream<Message>(name: keyof typeof grpcServices, method: string, request: object): ClientReadableStream<Message> {
    const client = this.#clients[name] as unknown as Record<string, (request: object) => ClientReadableStream<Message>>;
    return client[method]!.call(client, request);
  }
}

/** What a call was refused with; throws when it was not. */
export const refusalOf = (call: Promise<unknown>): Promise<GrpcRefusal> =>
  call.then(
    () => Promise.reject(new Error('the call was not refused')),
    (error: unknown) => (error instanceof GrpcRefusal ? error : Promise.reject(error)),
  );
