import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Envoy, type Memory } from '../agent/envoy.js';
import { askDoor } from '../agent/tls-door.js';
import { eventually } from '../interop.js';
import type { Exhibit } from '../judges/judge.js';
import { type Listener, listenersOf, secretFile, type Trust } from './envoy-listeners.js';

/** What Envoy counted at one listener. */
export interface Counted {
  readonly handshakes: number;
  readonly unverified: number;
  readonly errors: number;
  /** Updates of its secret that Envoy did not take. */
  readonly rejected: number;
}

const reasonOf = (logged: string): string => {
  if (logged.endsWith(' -')) return 'accepts';
  const [, depth, words] = /_error_at_depth_(\d+):_(.*):TLS_error_end$/.exec(logged) ?? [];
  if (!words) return logged;
  const bare = words
    .replace('certificate_revocation_check_against_provided_CRLs_failed:_', '')
    .replace(/,_certificate_CRL_distribution_points:.*/, '');
  return `depth ${depth}: ${bare.replaceAll('_', ' ')}`;
};

export interface TrapSurroundings {
  readonly server: Exhibit;
  readonly root: string;
  readonly adminPort: number;
  readonly readyPort: number;
}

/** One Envoy whose listeners each trust something else, and can be given something else. */
export class TrapEnvoy {
  readonly #logged = new Map<string, number>();

  private constructor(
    private readonly envoy: Envoy,
    private readonly directory: string,
    private readonly root: string,
  ) {}

  static async start(
    directory: string,
    listeners: readonly (Listener & { readonly trust: Trust })[],
    { server, root, adminPort, readyPort }: TrapSurroundings,
  ): Promise<TrapEnvoy> {
    // One that nobody visits, to see when they listen.
    const ready = { name: 'ready', port: readyPort, trust: { anchors: root } };
    const every = [...listeners, ready];
    for (const { name, trust } of every) {
      await writeFile(join(directory, `${name}.json`), secretFile(name, trust));
    }
    const configuration = listenersOf(every, server, { adminPort, directory });
    const more = ['--file-flush-interval-msec', '20'];
    const envoy = await Envoy.start(directory, 'traps', configuration, { port: readyPort, adminPort, root, more });
    return new TrapEnvoy(envoy, directory, root);
  }

  /** Resolves once Envoy has it in use, or has rejected it. */
  async push({ name }: Listener, trust: Trust): Promise<'taken' | 'rejected'> {
    const uses = () => this.envoy.stat(`listener.${name}.server_ssl_socket_factory.ssl_context_update_by_sds`);
    const refusals = () => this.envoy.stat(`sds.${name}.update_rejected`);
    const [used, refused] = [await uses(), await refusals()];
    await writeFile(join(this.directory, 'next'), secretFile(name, trust));
    await rename(join(this.directory, 'next'), join(this.directory, `${name}.json`));
    const seen = await eventually(
      async () => ({ taken: (await uses()) >= used + 1, rejected: (await refusals()) > refused }),
      ({ taken, rejected }) => taken || rejected,
    );
    if (!seen.taken && !seen.rejected) throw new Error(`${name}: Envoy has not looked at what was pushed`);
    return seen.rejected ? 'rejected' : 'taken';
  }

  /** One connection with this certificate: `accepts` when it had its answer, else why Envoy refused it. */
  async visit({ name, port }: Listener, exhibit: Exhibit): Promise<string> {
    const { status } = await askDoor(port, this.root, exhibit);
    const logged = this.#logged.get(name) ?? 0;
    const lines = await eventually(
      () => this.#log(name),
      ({ length }) => length > logged,
    );
    this.#logged.set(name, lines.length);
    if (lines.length !== logged + 1) throw new Error(`${name}: logged ${lines.slice(logged).join(' / ')}`);
    const verdict = reasonOf(lines.at(-1)!);
    if ((status === 200) !== (verdict === 'accepts')) throw new Error(`${name}: answered ${status}, logged ${verdict}`);
    return verdict;
  }

  async counted({ name }: Listener): Promise<Counted> {
    const stat = (of: string) => this.envoy.stat(`listener.${name}.ssl.${of}`);
    return {
      handshakes: await stat('handshake'),
      unverified: await stat('fail_verify_error'),
      errors: await stat('connection_error'),
      rejected: await this.envoy.stat(`sds.${name}.update_rejected`),
    };
  }

  memory(): Promise<Memory> {
    return this.envoy.memory();
  }

  close(): Promise<void> {
    return this.envoy.close();
  }

  async #log(name: string): Promise<string[]> {
    const text = await readFile(join(this.directory, 'connections'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith(`${name} `));
  }
}
