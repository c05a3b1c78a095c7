import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import { AGENT_CONFIG, type AgentConfig } from '../configuration/agent-configuration.js';
import { AuthorizationService } from '../live/authorization-service.js';
import { Metrics } from '@cartulary/runtime';
import { greet } from '../greeting/greet.js';
import { SdsService } from '../sds/sds-service.js';
import { WorkloadApiService } from '../workload-api/workload-api-service.js';
import { AdsService } from '../xds/ads-service.js';
import { claimSocket } from './claim-socket.js';
import { Connections, type ConnectionLimits } from './connections.js';
import { SocketError } from './errors.js';

const SILENCE_MS = 10_000;
// A node that starts connects all its workloads at once; the kernel caps it.
const BACKLOG = 4_096;
const STREAMS = 256;
// Envoy's first request names each of its extensions: some 100 kB.
const options = {
  'grpc.max_receive_message_length': 1 << 20,
  'grpc.max_send_message_length': -1,
  'grpc.max_concurrent_streams': STREAMS,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc-node.max_session_memory': 32,
  'grpc.enable_channelz': 0,
};

/** The Unix socket: xDS, SDS and peer checks for Envoy, and the SPIFFE Workload API. Who is at the other end is the kernel's word. */
@Injectable()
export class WorkloadSocket implements OnApplicationShutdown {
  readonly #logger = new Logger(WorkloadSocket.name);
  #grpc: Server | undefined;
  #injector: ConnectionInjector | undefined;
  #listener: NetServer | undefined;
  readonly #greeted;

  constructor(
    private readonly connections: Connections,
    private readonly sds: SdsService,
    private readonly workloadApi: WorkloadApiService,
    private readonly ads: AdsService,
    private readonly authorization: AuthorizationService,
    @Inject(AGENT_CONFIG) private readonly config: AgentConfig,
    metrics: Metrics,
  ) {
    this.#greeted = metrics.counter('agent_connections_greeted_total', {
      help: 'Connections to the socket that have asked something, or said what is no HTTP/2',
      labels: ['outcome'],
    });
  }

  /** Resolves when it accepts connections. Throws SocketError. */
  async start(): Promise<void> {
    const { agentSocket: path, agentSocketMode: mode } = this.config;
    await claimSocket(path);
    const grpc = new Server(options);
    this.sds.addTo(grpc);
    this.workloadApi.addTo(grpc);
    this.ads.addTo(grpc);
    this.authorization.addTo(grpc);
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const limits: ConnectionLimits = {
      total: this.config.agentMaxConnections,
      perUser: this.config.agentMaxConnectionsPerUser,
      silence: SILENCE_MS,
    };
    const greeting = {
      streams: STREAMS,
      take: (socket: Socket) => injector.injectConnection(socket),
      onEnd: (outcome: string) => this.#greeted.inc({ outcome }),
    };
    const listener = createServer((socket) => {
      // Whoever talks garbage is hung up on; that is his affair, not ours.
      socket.on('error', () => socket.destroy());
      if (this.connections.admit(socket, limits)) greet(socket, greeting);
    });
    // Nobody may connect between the making of the socket and its mode.
    const umask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        listener.once('error', (cause) =>
          reject(new SocketError(`can't listen on ${path}: ${cause.message}`, { cause })),
        );
        listener.listen({ path, backlog: BACKLOG }, resolve);
      });
    } finally {
      process.umask(umask);
    }
    await chmod(path, Number.parseInt(mode, 8));
    listener.on('error', (error) => this.#logger.error(`socket: ${error.message}`));
    [this.#grpc, this.#injector, this.#listener] = [grpc, injector, listener];
  }

  async onApplicationShutdown(): Promise<void> {
    const listener = this.#listener;
    if (!listener) return;
    this.#listener = undefined;
    const closed = new Promise((resolve) => listener.close(resolve));
    await rm(this.config.agentSocket, { force: true });
    this.sds.endAll();
    this.workloadApi.endAll();
    this.ads.endAll();
    this.#injector?.drain(500);
    const hangUp = setTimeout(() => this.connections.destroyAll(), 1_000);
    await closed;
    clearTimeout(hangUp);
    this.#grpc?.forceShutdown();
  }
}
