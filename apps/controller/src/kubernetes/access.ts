import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent } from 'undici';

/** How one request is sent: over which connections, and as whom. */
export interface Access {
  readonly dispatcher: Agent;
  readonly headers: Readonly<Record<string, string>>;
}

const LOOK_MS = 30_000;
/** From one octet of a watch to the next: the API server sends a bookmark about once a minute. */
const SILENCE_MS = 300_000;
const IN_CLUSTER_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/**
 * The API server and our credentials at it. client-node reads kubeconfigs, tokens and certificates; but it makes a new
 * connection for every request (2.0), which ten thousand accounts would notice, so connections are kept here.
 */
export class ClusterAccess {
  readonly server: string;
  #access: Access | undefined;
  #madeOf = '';
  #lookedAt = -Infinity;

  private constructor(private readonly config: KubeConfig) {
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error('the kubeconfig names no cluster');
    this.server = cluster.server.replace(/\/$/, '');
  }

  /** From a kubeconfig; without one, as the pod's service account. */
  static open(kubeconfig: string | undefined): ClusterAccess {
    const config = new KubeConfig();
    if (kubeconfig) config.loadFromFile(kubeconfig);
    else config.loadFromCluster();
    return new ClusterAccess(config);
  }

  /** Where we run ourselves: the kubeconfig's namespace, the pod's, or `default`. */
  get namespace(): string {
    const named = this.config.getContextObject(this.config.getCurrentContext())?.namespace;
    return named ?? podNamespace() ?? 'default';
  }

  /** Tokens and certificates are renewed in their files: they are looked at twice a minute. */
  async get(): Promise<Access> {
    if (this.#access && performance.now() - this.#lookedAt < LOOK_MS) return this.#access;
    const options: RequestOptions = {};
    await this.config.applyToHTTPSOptions(options);
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const tls = { ca, cert, key, servername, rejectUnauthorized };
    const madeOf = JSON.stringify(tls);
    const old = this.#access?.dispatcher;
    const dispatcher = old && madeOf === this.#madeOf ? old : agent(tls);
    if (old && old !== dispatcher) old.close().catch(() => undefined);
    const { Authorization } = (options.headers ?? {}) as Record<string, string | undefined>;
    this.#access = { dispatcher, headers: Authorization === undefined ? {} : { authorization: Authorization } };
    this.#madeOf = madeOf;
    this.#lookedAt = performance.now();
    return this.#access;
  }

  async close(): Promise<void> {
    await this.#access?.dispatcher.destroy();
  }
}

const agent = (tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>): Agent => {
  const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined && value !== null));
  return new Agent({ connect: { ...given, timeout: 5_000 }, connections: 64, bodyTimeout: SILENCE_MS });
};

const podNamespace = (): string | undefined => {
  try {
    return readFileSync(IN_CLUSTER_NAMESPACE, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
};
