import { readFileSync } from 'node:fs';
import {
  type AttestResponse,
  type CertificateResponse,
  type Entitlements,
  grpcServices,
  type StreamTrustResponse,
} from '@cartulary/contracts';
import type { Clock } from '@cartulary/runtime';
import { derChainToPem, EncodingError, privateKeyToPem } from '@cartulary/x509';
import {
  type Acknowledgement,
  type Attested,
  Authority,
  type Entitlement,
  type IssuedCertificate,
  type NodeCredential,
  type TrustChange,
  type TrustRequest,
} from './authority.js';
import { AuthorityError } from './errors.js';
import { entitlement, issuedCertificate, trustChange } from './from-wire.js';
import { type CallDefinition, type ChannelCredentials, GrpcChannel } from './grpc-channel.js';

export interface GrpcAuthorityOptions {
  /** `host:port` of servers with AgentService. */
  readonly agentService: readonly string[];
  /** … and with TrustService. */
  readonly trustService: readonly string[];
  /** PEM file with the authorities of their certificates; read again for each new connection. */
  readonly caFile: string;
}

const states = {
  delivered: 'STATE_DELIVERED',
  enforced: 'STATE_ENFORCED',
  rejected: 'STATE_REJECTED',
  'canary-accepted': 'STATE_CANARY_ACCEPTED',
} as const;
const timestamp = (date: Date) => ({
  seconds: Math.floor(date.getTime() / 1_000),
  nanos: (date.getTime() % 1_000) * 1e6,
});

const call = (service: object, name: string): CallDefinition =>
  (service as Readonly<Record<string, CallDefinition>>)[name]!;
const agentCall = (name: string): CallDefinition => call(grpcServices.agent, name);
const trustCall = (name: string): CallDefinition => call(grpcServices.trust, name);

/** The CA over gRPC: cartulary.v1.AgentService and TrustService, with the node's certificate shown in TLS. */
export class GrpcAuthority extends Authority {
  readonly #agents: GrpcChannel;
  readonly #trust: GrpcChannel;

  constructor(
    private readonly options: GrpcAuthorityOptions,
    clock: Clock,
  ) {
    super();
    this.#agents = new GrpcChannel(options.agentService, clock);
    this.#trust = new GrpcChannel(options.trustService, clock);
    this.#use({ authorities: this.#authorities() });
  }

  use({ privateKey, certificate }: NodeCredential): void {
    const authorities = this.#authorities();
    this.#use({ authorities, key: privateKeyToPem(privateKey), chain: derChainToPem(certificate.chain) });
  }

  async attest(request: { joinToken: string; csr: string }): Promise<Attested> {
    const answer = await this.#agents.unary<AttestResponse>(agentCall('Attest'), request);
    return { ...answer, certificate: certificateIn(answer) };
  }

  async renewNode(csr: string): Promise<IssuedCertificate> {
    return certificateIn(await this.#agents.unary<CertificateResponse>(agentCall('RenewAgent'), { csr }));
  }

  async sign(request: { spiffeId: string; csr: string; predecessor?: string }): Promise<IssuedCertificate> {
    return certificateIn(await this.#agents.unary<CertificateResponse>(agentCall('SignWorkload'), request));
  }

  async *entitlements(signal: AbortSignal): AsyncGenerator<readonly Entitlement[]> {
    const lists = this.#agents.stream<Entitlements>(agentCall('StreamEntitlements'), {}, signal);
    for await (const { entitlements } of lists) yield entitlements.map(entitlement);
  }

  async *trust({ held, canaries }: TrustRequest, signal: AbortSignal): AsyncGenerator<TrustChange> {
    const request = { held: held.map(({ issuerId, number }) => ({ issuerId, number: Number(number) })), canaries };
    const changes = this.#trust.stream<StreamTrustResponse>(trustCall('StreamTrust'), request, signal);
    for await (const change of changes) yield trustChange(change);
  }

  async acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<void> {
    const wire = acknowledgements.map(({ number, state, at, ...rest }) => ({
      ...rest,
      number: Number(number),
      state: states[state],
      at: timestamp(at),
    }));
    await this.#trust.unary(trustCall('Acknowledge'), { acknowledgements: wire });
  }

  close(): void {
    this.#agents.close();
    this.#trust.close();
  }

  #use(credentials: ChannelCredentials): void {
    this.#agents.use(credentials);
    this.#trust.use(credentials);
  }

  #authorities(): string {
    return readFileSync(this.options.caFile, 'utf8');
  }
}

const certificateIn = ({ certificate }: CertificateResponse): IssuedCertificate => {
  try {
    return issuedCertificate(certificate);
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw new AuthorityError('AUTHORITY_REFUSED', 'the answer is no certificate', cause.code, { cause });
  }
};
