import { mkdtemp, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { Door } from '../judges/door.js';
import { installed } from '../judges/installed.js';
import type { Exhibit, Verdict } from '../judges/judge.js';

export interface EnvoyOptions {
  /** That it listens on when it is ready. */
  readonly port: number;
  readonly adminPort: number;
  readonly root: string;
  /** `--service-cluster`. */
  readonly cluster?: string;
  /** More of its arguments. */
  readonly more?: readonly string[];
}

/** Of the whole process by its own `/memory`, in MB. */
export interface Memory {
  readonly allocated: number;
  readonly physical: number;
}

/** A real Envoy with a configuration of its own, and its own word of what it does. */
export class Envoy {
  private constructor(
    private readonly door: Door,
    private readonly port: number,
    private readonly adminPort: number,
    private readonly root: string,
    readonly directory: string,
  ) {}

  /** Resolves when it listens: with SDS, when its secrets have come. */
  static async start(
    parent: string,
    name: string,
    configuration: object,
    { port, adminPort, root, cluster = 'mesh', more = [] }: EnvoyOptions,
  ): Promise<Envoy> {
    const directory = await mkdtemp(join(parent, `${name}-`));
    await writeFile(join(directory, 'envoy.json'), JSON.stringify(configuration));
    const own = ['--service-node', name, '--service-cluster', cluster, '--disable-hot-restart', '--concurrency', '1'];
    const args = ['-c', 'envoy.json', ...own, ...more, '--log-level', 'warn', '--log-path', 'log'];
    const door = await Door.open({ command: installed('envoy'), args, directory, port, env: {} }, root);
    return new Envoy(door, port, adminPort, root, directory);
  }

  /** Counters and gauges whose names match, without what is before the match. */
  async stats(pattern: RegExp): Promise<Readonly<Record<string, number>>> {
    const answer = await fetch(`http://127.0.0.1:${this.adminPort}/stats?filter=${encodeURIComponent(pattern.source)}`);
    const lines = (await answer.text()).split('\n').filter((line) => pattern.test(line));
    return Object.fromEntries(
      lines.map((line) => {
        const [name = '', value = ''] = line.split(': ');
        return [pattern.exec(name)?.[0] ?? name, Number(value)];
      }),
    );
  }

  /** Of one name, exactly; 0 where there is none. */
  async stat(name: string): Promise<number> {
    const filter = encodeURIComponent(`^${name.replaceAll('.', '\\.')}$`);
    const answer = await fetch(`http://127.0.0.1:${this.adminPort}/stats?filter=${filter}`);
    return Number((await answer.text()).split(': ')[1] ?? 0);
  }

  async memory(): Promise<Memory> {
    const answer = await fetch(`http://127.0.0.1:${this.adminPort}/memory`);
    const { allocated, total_physical_bytes } = (await answer.json()) as Record<string, string>;
    return { allocated: Number(allocated) / 1e6, physical: Number(total_physical_bytes) / 1e6 };
  }

  /** Over plain HTTP, on a connection of its own. */
  async get(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/`, { headers: { connection: 'close' } });
    await answer.arrayBuffer();
    return answer.status;
  }

  /** One request over mutual TLS, on a connection of its own, by somebody who is no proxy; `servername` is the SNI. */
  knock({ keyPem, certificate, chain }: Exhibit, servername?: string): Promise<Verdict> {
    // The server has a SPIFFE ID and no DNS name.
    const tls = { key: keyPem, cert: certificate + chain, ca: this.root, checkServerIdentity: () => undefined };
    return new Promise((resolve) => {
      const named = servername === undefined ? {} : { servername };
      const options = { ...tls, ...named, host: '127.0.0.1', port: this.port, agent: false, timeout: 30_000 };
      const outgoing = request(options, (answer) => {
        answer.resume().on('end', () => resolve({ accepted: answer.statusCode === 200, said: `${answer.statusCode}` }));
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
      outgoing.on('error', ({ message }) => resolve({ accepted: false, said: message })).end();
    });
  }

  close(): Promise<void> {
    return this.door.close();
  }
}
