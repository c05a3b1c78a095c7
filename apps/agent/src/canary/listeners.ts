import { Inject, Injectable } from '@nestjs/common';
import { Changes } from '../changes.js';
import { AGENT_CONFIG, type AgentConfig } from '../configuration/agent-configuration.js';
import type { MeshDescription, Workload } from '../mesh/mesh-description.js';
import { MESH } from '../mesh/mesh-token.js';
import { RulesSource } from '../mesh/service-rules.js';
import { inboundName } from '../xds/resources.js';

/** A listener of a proxy of this node that asks for clients' certificates. */
export interface ProvableListener {
  /** The Envoy's node id. */
  readonly proxy: string;
  readonly context: string;
  readonly host: string;
  readonly port: number;
  /** Whose listener it is; undefined where a proxy is configured by hand. */
  readonly identity?: string;
}

const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** `proxy=host:port` of the configuration, host in brackets where it is IPv6. */
export const listenerOf = (text: string): ProvableListener => {
  const proxy = text.slice(0, text.lastIndexOf('='));
  const context = text.slice(proxy.length + 1);
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(context) ?? [];
  return { proxy, context, host, port: Number(port) };
};

/** Which listeners can be seen to enforce: those named by hand, and those that proxies here have by xDS. */
@Injectable()
export class ProvableListeners {
  readonly #named: readonly ProvableListener[];
  /** Streams by workload and proxy. */
  readonly #attached = new Map<Workload, Map<string, number>>();
  readonly #changes = new Changes();

  constructor(
    @Inject(AGENT_CONFIG) private readonly config: AgentConfig,
    @Inject(MESH) private readonly mesh: MeshDescription,
    private readonly rules: RulesSource,
  ) {
    this.#named = (config.agentCanaryListeners ?? []).map(listenerOf);
  }

  /** There may be some: canaries are asked for. */
  get any(): boolean {
    const { agentCanaries } = this.config;
    return agentCanaries && (this.#named.length > 0 || this.mesh.workloads.some(({ inbound }) => inbound.length > 0));
  }

  onChange(listener: () => void): () => void {
    const ends = [this.#changes.on(listener), this.rules.onChange(listener)];
    return () => ends.forEach((end) => end());
  }

  /** A proxy of the workload is configured from here; gives what ends that. */
  attach(workload: Workload, proxy: string): () => void {
    const proxies = this.#attached.get(workload) ?? new Map<string, number>();
    this.#attached.set(workload, proxies.set(proxy, (proxies.get(proxy) ?? 0) + 1));
    this.#changes.tell();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      const left = (proxies.get(proxy) ?? 1) - 1;
      if (left > 0) proxies.set(proxy, left);
      else proxies.delete(proxy);
      this.#changes.tell();
    };
  }

  all(): readonly ProvableListener[] {
    if (!this.any) return [];
    const served = [...this.#attached].flatMap(([workload, proxies]) =>
      [...proxies.keys()].flatMap((proxy) => this.#inboundOf(workload, proxy)),
    );
    return [...this.#named, ...served];
  }

  of(proxy: string): readonly ProvableListener[] {
    return this.all().filter((listener) => listener.proxy === proxy);
  }

  /** Without rules it is not served, without mutual TLS it asks for no certificate. */
  #inboundOf({ inbound, identity }: Workload, proxy: string): ProvableListener[] {
    return inbound.flatMap((each) => {
      const mode = this.rules.find(each.service)?.mode ?? 'disabled';
      if (mode === 'disabled') return [];
      const host = everywhere[each.address] ?? each.address;
      return [{ proxy, context: inboundName(each), host, port: each.port, identity }];
    });
  }
}
