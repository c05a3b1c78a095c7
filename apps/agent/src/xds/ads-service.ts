import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type handleBidiStreamingCall, type Server, status } from '@grpc/grpc-js';
import { Metrics } from '@cartulary/runtime';
import type { Peer } from '../attestation/peer.js';
import { ProvableListeners } from '../canary/listeners.js';
import { Generations } from '../live/generations.js';
import type { MeshDescription, Workload } from '../mesh/mesh-description.js';
import { MESH } from '../mesh/mesh-token.js';
import { RulesSource } from '../mesh/service-rules.js';
import { type DeltaDiscoveryRequest, type DeltaDiscoveryResponse, sdsMessages } from '../sds/messages.js';
import { Connections } from '../socket/connections.js';
import { method } from '../wire/methods.js';
import { OpenCalls } from '../wire/open-calls.js';
import { Refusal } from '../wire/refusal.js';
import { Entitlements } from '../workloads/entitlements.js';
import { AdsStream } from './ads-stream.js';
import { keyOf, type Resource, resourcesOf } from './resources.js';

type Call = Parameters<handleBidiStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse>>[0];

export const adsServiceDefinition = {
  deltaAggregatedResources: method<DeltaDiscoveryRequest, DeltaDiscoveryResponse>(
    '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    sdsMessages.DeltaDiscoveryRequest,
    sdsMessages.DeltaDiscoveryResponse,
    { request: true, response: true },
  ),
};

/** envoy.service.discovery.v3.AggregatedDiscoveryService, incremental: listeners, clusters and access rules. */
@Injectable()
export class AdsService implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(AdsService.name);
  readonly #calls = new OpenCalls((error) => this.#logger.error(`xDS: ${String(error)}`));
  readonly #rejected;
  #unsubscribe: readonly (() => void)[] = [];

  constructor(
    @Inject(MESH) private readonly mesh: MeshDescription,
    private readonly rules: RulesSource,
    private readonly generations: Generations,
    private readonly entitlements: Entitlements,
    private readonly connections: Connections,
    private readonly listeners: ProvableListeners,
    metrics: Metrics,
  ) {
    this.#rejected = metrics.counter('agent_xds_rejected_total', { help: 'Configurations that a proxy did not take' });
  }

  onApplicationBootstrap(): void {
    const tell = (): void => this.#calls.tellAll();
    this.#unsubscribe = [this.rules, this.generations, this.entitlements].map((source) => source.onChange(tell));
  }

  onApplicationShutdown(): void {
    for (const end of this.#unsubscribe) end();
  }

  endAll(): void {
    this.#calls.endAll();
  }

  addTo(server: Server): void {
    server.addService(adsServiceDefinition, { deltaAggregatedResources: (call: Call) => this.#open(call) });
  }

  #open(call: Call): void {
    let stream: AdsStream | undefined;
    call.on('data', (request: DeltaDiscoveryRequest) =>
      this.#calls.guard(call, () => {
        stream ??= this.#begin(call, request);
        stream.asked(request);
      }),
    );
    call.on('error', () => this.#calls.done(call));
    call.on('end', () => {
      this.#calls.done(call);
      call.end();
    });
  }

  #begin(call: Call, { node }: DeltaDiscoveryRequest): AdsStream {
    const peer = this.connections.peerOf(call.getPeer());
    if (!peer) throw new Refusal(status.UNAUTHENTICATED, 'the kernel does not say who asks');
    const workload = this.mesh.workloads.find(({ name }) => name === node?.cluster);
    const asked = String(node?.cluster ?? '').slice(0, 100);
    if (!workload) throw new Refusal(status.NOT_FOUND, `no workload is called ${asked} here (--service-cluster)`);
    const stream = new AdsStream(
      () => this.#resources(workload, peer),
      {
        adopt: (versions) => this.#adopt(workload, versions),
        rejected: (typeUrl, message) => {
          this.#rejected.inc();
          this.#logger.error(`${workload.name} does not take a ${typeUrl.slice(0, 120)}: ${message.slice(0, 500)}`);
        },
      },
      call,
    );
    this.#calls.add(call, () => stream.tell());
    const detach = this.listeners.attach(workload, String(node?.id ?? '').slice(0, 128));
    for (const end of ['end', 'cancelled', 'close', 'error']) call.once(end, detach);
    return stream;
  }

  /** Nothing while it is not known whose identities are whose; throws Refusal where this one is not the process's. */
  #resources(workload: Workload, peer: Peer): readonly Resource[] {
    const { rules, generations, entitlements } = this;
    if (!entitlements.known) return [];
    if (!entitlements.of(peer).includes(workload.identity)) {
      throw new Refusal(status.PERMISSION_DENIED, `this process may not be ${workload.name}`);
    }
    return resourcesOf(workload, {
      find: (service) => rules.find(service),
      generationOf: (key) => generations.of(key),
    });
  }

  #adopt(workload: Workload, versions: Readonly<Record<string, string>>): void {
    for (const [name, version] of Object.entries(versions)) {
      const [, number] = /^(\d{1,15})-[0-9a-f]{16}$/.exec(version) ?? [];
      if (number !== undefined) this.generations.adopt(keyOf(workload, name), Number(number));
    }
  }
}
