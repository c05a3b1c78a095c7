import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type handleBidiStreamingCall, type handleUnaryCall, type Server, status } from '@grpc/grpc-js';
import { Metrics } from '@cartulary/runtime';
import type { Peer } from '../attestation/peer.js';
import { Connections } from '../socket/connections.js';
import { OpenCalls } from '../wire/open-calls.js';
import { Refusal, refusalOf } from '../wire/refusal.js';
import { DeltaStream } from './delta-stream.js';
import { Deliveries } from './deliveries.js';
import type { DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse } from './messages.js';
import { SdsStream } from './sds-stream.js';
import { sdsServiceDefinition } from './service-definition.js';
import { Secrets } from './secrets.js';
import { StateOfTheWorldStream, stateOfTheWorld } from './state-of-the-world-stream.js';

/** envoy.service.secret.v3.SecretDiscoveryService: state of the world, delta, and a single fetch. */
@Injectable()
export class SdsService implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(SdsService.name);
  readonly #calls = new OpenCalls((error) => this.#logger.error(`SDS: ${String(error)}`));
  readonly #gauge;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly secrets: Secrets,
    private readonly deliveries: Deliveries,
    private readonly connections: Connections,
    metrics: Metrics,
  ) {
    this.#gauge = metrics.gauge('agent_sds_streams', { help: 'Open SDS streams' });
  }

  onApplicationBootstrap(): void {
    this.#unsubscribe = this.secrets.onChange(() => {
      this.#gauge.set(this.#calls.size);
      this.#calls.tellAll();
    });
  }

  onApplicationShutdown(): void {
    this.#unsubscribe?.();
  }

  endAll(): void {
    this.#calls.endAll();
  }

  addTo(server: Server): void {
    const fetchSecrets: handleUnaryCall<DiscoveryRequest, DiscoveryResponse> = (call, callback) => {
      try {
        callback(null, this.#fetch(this.#peerOf(call.getPeer()), call.request));
      } catch (error) {
        const { code, details } = refusalOf(error);
        callback({ code, details });
      }
    };
    const streamSecrets: handleBidiStreamingCall<DiscoveryRequest, DiscoveryResponse> = (call) =>
      this.#open(call, (stream) => new StateOfTheWorldStream(stream, call));
    const deltaSecrets: handleBidiStreamingCall<DeltaDiscoveryRequest, DeltaDiscoveryResponse> = (call) =>
      this.#open(call, (stream) => new DeltaStream(stream, call));
    server.addService(sdsServiceDefinition, { fetchSecrets, streamSecrets, deltaSecrets });
  }

  #open<Request, Response>(
    call: Parameters<handleBidiStreamingCall<Request, Response>>[0],
    create: (stream: SdsStream) => { asked(request: Request): void; tell(): void },
  ): void {
    this.#calls.guard(call, () => {
      const stream = create(new SdsStream(this.#peerOf(call.getPeer()), this.secrets, this.deliveries));
      this.#calls.add(call, () => stream.tell());
      this.#gauge.set(this.#calls.size);
      call.on('data', (request: Request) => this.#calls.guard(call, () => stream.asked(request)));
      call.on('error', () => this.#calls.done(call));
      call.on('end', () => {
        this.#calls.done(call);
        call.end();
      });
    });
  }

  #fetch(peer: Peer, request: DiscoveryRequest): DiscoveryResponse {
    const stream = new SdsStream(peer, this.secrets, this.deliveries);
    stream.identify(request.node, request.typeUrl);
    stream.subscribe(request.resourceNames);
    const current = stream.current();
    if (current.length < stream.names.length) throw new Refusal(status.UNAVAILABLE, 'not all of it is here yet');
    return stateOfTheWorld(current, '');
  }

  #peerOf(name: string): Peer {
    const peer = this.connections.peerOf(name);
    if (!peer) throw new Refusal(status.UNAUTHENTICATED, 'the kernel does not say who asks');
    return peer;
  }
}
