import { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SocketClient, type TestStream } from '@cartulary/agent/testing';
import { freePorts } from '@cartulary/testing';
import { eventually } from '../interop.js';
import { AgentProcess } from './agent-process.js';
import { Envoy } from './envoy.js';
import { clientSide, serverSide, type Side } from './envoy-configuration.js';
import { ServiceWorld } from './service-world.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';
const BETWEEN_REQUESTS_MS = 40;

export interface Held {
  readonly serial: string;
  readonly notAfter: number;
  /** When it came, milliseconds since the epoch. */
  readonly came: number;
}
export interface Asked {
  readonly at: number;
  /** 0: no answer at all. */
  readonly status: number;
}

/** A real service, an agent process, and two Envoys with requests from one to the other all the time. */
export class OutageScene {
  readonly asked: Asked[] = [];
  /** Certificates that the workloads got, by identity. */
  readonly certificates = new Map<string, Held[]>();
  #over = false;
  #working: Promise<unknown> = Promise.resolve();
  readonly #socket: SocketClient;
  readonly #svids: TestStream<{ svids: readonly { spiffeId: string; x509Svid: Buffer }[] }>;

  private constructor(
    readonly world: ServiceWorld,
    readonly agent: AgentProcess,
    private readonly envoys: readonly [Envoy, Envoy],
  ) {
    this.#socket = new SocketClient(agent.socket);
    this.#svids = this.#socket.svids();
  }

  /** Resolves when the first request has come through. */
  static async start(parent: string, name: string, env: Readonly<Record<string, string>>): Promise<OutageScene> {
    const directory = join(parent, name);
    await mkdir(directory);
    const world = await ServiceWorld.start(env);
    const selectors = [{ uid: process.getuid!() }];
    await world.place(
      'node-1',
      [front, back].map((spiffeId) => ({ spiffeId, selectors, suspended: false })),
    );
    const agent = await AgentProcess.start(directory, {
      CARTULARY_AGENT_AUTHORITY: world.grpcAddress,
      CARTULARY_AGENT_CA_FILE: world.caFile,
      CARTULARY_AGENT_JOIN_TOKEN: await world.joinToken('node-1'),
    });
    const [port, adminPort, frontPort, frontAdmin] = (await freePorts(4)) as [number, number, number, number];
    const root = world.service.read('root.crt');
    const common = { socket: agent.socket, protocol: 'DELTA_GRPC' } as const;
    const served: Side = { ...common, identity: back, peers: [front], port, adminPort };
    const asking: Side = { ...common, identity: front, peers: [back], port: frontPort, adminPort: frontAdmin };
    const server = await Envoy.start(directory, 'back', serverSide(served), { port, adminPort, root });
    const started = { port: frontPort, adminPort: frontAdmin, root };
    const client = await Envoy.start(directory, 'front', clientSide(asking, port), started);
    const scene = new OutageScene(world, agent, [client, server]);
    await eventually(
      () => client.get().catch(() => 0),
      (status) => status === 200,
    );
    scene.#begin();
    return scene;
  }

  /** Handshakes at the server's side: that they went on all the time. */
  async handshakes(): Promise<number> {
    return (await this.envoys[1].stats(/ssl\.handshake/))['ssl.handshake'] ?? 0;
  }

  /** Requests from `since` on that were not answered with 200. */
  failures(since = 0): readonly Asked[] {
    return this.asked.filter(({ at, status }) => at >= since && status !== 200);
  }

  /** The newest certificate of each workload. */
  newest(): readonly Held[] {
    return [...this.certificates.values()].map((all) => all.at(-1)!);
  }

  async close(): Promise<void> {
    this.#over = true;
    this.#svids.cancel();
    await this.#working;
    this.#socket.close();
    for (const envoy of this.envoys) await envoy.close();
    await this.agent.stop();
    await this.world.close();
  }

  #begin(): void {
    this.#working = Promise.all([this.#traffic(), this.#watch()]);
  }

  async #traffic(): Promise<void> {
    while (!this.#over) {
      const at = Date.now();
      this.asked.push({ at, status: await this.envoys[0].get().catch(() => 0) });
      await sleep(BETWEEN_REQUESTS_MS);
    }
  }

  async #watch(): Promise<void> {
    for (;;) {
      const answer = await this.#svids.next().catch(() => undefined);
      if (!answer) return;
      for (const { spiffeId, x509Svid } of answer.svids) {
        const { serialNumber: serial, validTo } = new X509Certificate(x509Svid);
        const all = this.certificates.get(spiffeId) ?? [];
        if (all.at(-1)?.serial !== serial) all.push({ serial, notAfter: Date.parse(validTo), came: Date.now() });
        this.certificates.set(spiffeId, all);
      }
    }
  }
}
