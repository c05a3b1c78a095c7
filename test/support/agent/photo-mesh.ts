import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MeshDescription } from '@cartulary/agent/testing';
import { parseMesh } from '@cartulary/agent/testing';
import { freePorts } from '@cartulary/testing';
import { bootstrap } from './bootstrap.js';
import { Envoy } from './envoy.js';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../../deploy/examples/photo/${name}`, import.meta.url));

const MOST_WORKLOADS = 8;

export interface PhotoDescription extends MeshDescription {
  /** As it stands in the agent's file. */
  readonly file: string;
  readonly adminPorts: readonly number[];
}

/** The example's description, with ports that are free now in place of its own. */
export const photoDescription = async (): Promise<PhotoDescription> =>
  withFreePorts(await readFile(example('mesh.json'), 'utf8'));

/** The same mesh under the names that the CA has for its services, and without a word of what they may do. */
export const unruledDescription = async (): Promise<PhotoDescription> => {
  const mesh = JSON.parse(await readFile(example('mesh.json'), 'utf8')) as Record<string, unknown>;
  const text = JSON.stringify({ ...mesh, services: [] }).replaceAll(/"service":"([a-z-]+)"/g, '"service":"$1.photo"');
  return withFreePorts(text);
};

const withFreePorts = async (text: string): Promise<PhotoDescription> => {
  const written = [...new Set(text.match(/\b(?:15|8|9)0\d{2}\b/g))];
  // All at once: what is free now and not taken yet would be given out again.
  const free = await freePorts(written.length + MOST_WORKLOADS);
  const file = text.replaceAll(/\b(?:15|8|9)0\d{2}\b/g, (port) => String(free[written.indexOf(port)]));
  return { ...parseMesh(file), file, adminPorts: free.slice(written.length) };
};

/** The example as it runs: for each workload a proxy of its own, and its service behind it. */
export class PhotoMesh {
  readonly #apps: ChildProcess[] = [];
  readonly #envoys = new Map<string, Envoy>();

  private constructor(readonly description: MeshDescription) {}

  static async start(options: {
    readonly description: PhotoDescription;
    readonly directory: string;
    readonly socket: string;
    readonly root: string;
  }): Promise<PhotoMesh> {
    const mesh = new PhotoMesh(options.description);
    try {
      const { workloads } = options.description;
      await Promise.all(workloads.flatMap((workload) => workload.inbound.map(() => mesh.#startApp(workload.name))));
      await Promise.all(
        workloads.map(async ({ name, inbound, outbound }, index) => {
          const ports = {
            port: inbound[0]?.port ?? outbound[0]!.port,
            adminPort: options.description.adminPorts[index]!,
          };
          const own = { ...ports, root: options.root, cluster: name, more: ['--drain-time-s', '0'] };
          const configuration = bootstrap(options.socket, ports.adminPort);
          mesh.#envoys.set(name, await Envoy.start(options.directory, name, configuration, own));
        }),
      );
      return mesh;
    } catch (error) {
      await mesh.close();
      throw error;
    }
  }

  envoy(name: string): Envoy {
    return this.#envoys.get(name)!;
  }

  inboundPort(name: string): number {
    return this.#workload(name).inbound[0]!.port;
  }

  /** What the workload itself is answered when it asks for a service. */
  async ask(name: string, service: string): Promise<{ readonly status: number; readonly body: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.#workload(name).inbound[0]!.appPort}/ask/${service}`);
    return { status: answer.status, body: (await answer.text()).trim() };
  }

  accessLog(name: string): Promise<string> {
    return readFile(join(this.envoy(name).directory, 'access.log'), 'utf8');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#envoys.values()].map((envoy) => envoy.close()));
    for (const app of this.#apps) app.kill();
  }

  #workload(name: string): MeshDescription['workloads'][number] {
    return this.description.workloads.find((each) => each.name === name)!;
  }

  async #startApp(name: string): Promise<void> {
    const { inbound, outbound } = this.#workload(name);
    const services = outbound.map(({ service, port }) => `${service}=${port}`);
    const app = fork(example('app.mjs'), [name, String(inbound[0]!.appPort), ...services], { stdio: 'inherit' });
    this.#apps.push(app);
    await once(app, 'message');
  }
}
