import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type handleServerStreamingCall, type Metadata, type Server, status } from '@grpc/grpc-js';
import { Metrics } from '@cartulary/runtime';
import type { Peer } from '../attestation/peer.js';
import { Connections } from '../socket/connections.js';
import { TrustStore } from '../trust/trust-store.js';
import { LatestWriter } from '../wire/latest-writer.js';
import { OpenCalls } from '../wire/open-calls.js';
import { Refusal } from '../wire/refusal.js';
import { Entitlements } from '../workloads/entitlements.js';
import { SvidKeeper } from '../workloads/svid-keeper.js';
import { bundlesAnswer, svidAnswer, versionOf } from './answers.js';
import { workloadApiDefinition, type X509BundlesResponse, type X509SvidResponse } from './messages.js';

/** SPIFFE Workload API: X.509-SVIDs and bundles, with CRLs in the field that the specification has for them. */
@Injectable()
export class WorkloadApiService implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(WorkloadApiService.name);
  readonly #calls = new OpenCalls((error) => this.#logger.error(`Workload API: ${String(error)}`));
  readonly #gauge;
  readonly #unsubscribe: (() => void)[] = [];

  constructor(
    private readonly entitlements: Entitlements,
    private readonly svids: SvidKeeper,
    private readonly trust: TrustStore,
    private readonly connections: Connections,
    metrics: Metrics,
  ) {
    this.#gauge = metrics.gauge('agent_workload_api_streams', { help: 'Open streams of the Workload API' });
  }

  onApplicationBootstrap(): void {
    const tell = (): void => {
      this.#gauge.set(this.#calls.size);
      this.#calls.tellAll();
    };
    this.#unsubscribe.push(this.svids.onChange(tell), this.trust.onChange(tell));
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  endAll(): void {
    this.#calls.endAll();
  }

  addTo(server: Server): void {
    const fetchX509Svid: handleServerStreamingCall<object, X509SvidResponse> = (call) =>
      this.#open(call, (peer) => this.#svidsOf(peer));
    const fetchX509Bundles: handleServerStreamingCall<object, X509BundlesResponse> = (call) =>
      this.#open(call, (peer) => this.#bundlesOf(peer));
    server.addService(workloadApiDefinition, { fetchX509Svid, fetchX509Bundles });
  }

  #open<Response extends object>(
    call: Parameters<handleServerStreamingCall<object, Response>>[0],
    answer: (peer: Peer) => Response | undefined,
  ): void {
    this.#calls.guard(call, () => {
      demandHeader(call.metadata);
      const peer = this.connections.peerOf(call.getPeer());
      if (!peer) throw new Refusal(status.UNAUTHENTICATED, 'the kernel does not say who asks');
      let told = '';
      const writer = new LatestWriter<Response>(call, () => {
        const response = answer(peer);
        const version = response && versionOf(response);
        if (version === undefined || version === told) return undefined;
        told = version;
        return response;
      });
      this.#calls.add(call, () => writer.tell());
      this.#gauge.set(this.#calls.size);
      writer.tell();
    });
  }

  #svidsOf(peer: Peer): X509SvidResponse | undefined {
    const { state } = this.trust;
    const identities = this.#identitiesOf(peer);
    const svids = identities?.map((spiffeId) => this.svids.find(spiffeId));
    return (
      state &&
      svids &&
      svidAnswer(
        svids.filter((svid) => svid !== undefined),
        identities!.length,
        state,
      )
    );
  }

  #bundlesOf(peer: Peer): X509BundlesResponse | undefined {
    const { state } = this.trust;
    return this.#identitiesOf(peer) && state && bundlesAnswer(state);
  }

  /** Undefined: nothing has been heard from the CA yet. Throws Refusal. */
  #identitiesOf(peer: Peer): readonly string[] | undefined {
    if (!this.entitlements.known) return undefined;
    const identities = this.entitlements.of(peer);
    if (identities.length === 0) throw new Refusal(status.PERMISSION_DENIED, `no identity is registered for ${peer}`);
    return identities;
  }
}

// SPIFFE Workload Endpoint, section 6.1: whoever can't set a header (a browser made to call) must not get an answer.
const demandHeader = (metadata: Metadata): void => {
  const values = metadata.get('workload.spiffe.io');
  if (values.length === 1 && values[0] === 'true') return;
  throw new Refusal(status.INVALID_ARGUMENT, 'security header missing: workload.spiffe.io: true');
};
