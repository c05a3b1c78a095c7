import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Health, ListenError, Metrics } from '@cartulary/runtime';
import { AGENT_CONFIG, type AgentConfig } from '../configuration/agent-configuration.js';

const HOST = '127.0.0.1';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const json = (status: number, body: object): Answer => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(body)}\n`,
});

/** /healthz, /readyz and /metrics, for this machine alone. */
@Injectable()
export class OperationsServer implements OnApplicationShutdown {
  #server: Server | undefined;

  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
    @Inject(AGENT_CONFIG) private readonly config: AgentConfig,
  ) {}

  /** The port; undefined where it is not wanted. Throws ListenError. */
  async start(): Promise<number | undefined> {
    if (!this.config.agentOperations) return undefined;
    const port = this.config.agentOperationsPort;
    const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
      void this.#answer(request.method, request.url).then(({ status, type, body }) => {
        response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
      });
    });
    server.maxConnections = 64;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(new ListenError(HOST, port, error)));
      server.listen(port, HOST, resolve);
    });
    this.#server = server;
    return (server.address() as AddressInfo).port;
  }

  async onApplicationShutdown(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async #answer(method = '', url = ''): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return json(405, { status: 'method not allowed' });
    switch (url) {
      case '/healthz':
        return json(200, { status: 'alive' });
      case '/readyz': {
        const readiness = await this.health.readiness();
        return json(readiness.ready ? 200 : 503, readiness);
      }
      case '/metrics':
        return { status: 200, type: this.metrics.contentType, body: await this.metrics.render() };
      default:
        return json(404, { status: 'not found' });
    }
  }
}
