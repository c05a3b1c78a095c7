import type { KubernetesObject } from '@kubernetes/client-node';
import { backoff, type Logger } from '@cartulary/runtime';
import type { KubernetesApi } from './api.js';
import { KubernetesError } from './errors.js';

export interface ReflectorOptions<T extends KubernetesObject, Facts> {
  readonly api: Pick<KubernetesApi, 'list' | 'watch'>;
  /** `/api/v1/serviceaccounts`. */
  readonly path: string;
  /** Label and field selectors. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** What is kept of an object; the rest, such as a private key, is forgotten with it. */
  readonly project: (object: T) => Facts;
  /** By `namespace/name`; after the change. */
  readonly onChange: (key: string) => void;
  readonly logger: Pick<Logger, 'warn' | 'debug'>;
}

interface Entry<Facts> {
  readonly version: bigint;
  readonly facts: Facts;
}

export const keyOf = ({ metadata }: KubernetesObject): string => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;

// Kubernetes says since 1.35 (KEP 5504) that versions of one resource compare as numbers.
const versionOf = ({ metadata }: KubernetesObject): bigint => BigInt(metadata?.resourceVersion ?? '0');

/** How long the API server keeps one watch open, in seconds. */
const WATCH_SECONDS = 290;

/**
 * A copy of the objects of one kind: listed once, then watched. A watch that ends or is cut goes on at the version that
 * was seen last; where the API server has forgotten that (410), everything is listed again and compared.
 */
export class Reflector<T extends KubernetesObject, Facts> {
  readonly #entries = new Map<string, Entry<Facts>>();
  #version: string | undefined;
  #listed = false;
  #failure: KubernetesError | undefined;

  constructor(private readonly options: ReflectorOptions<T, Facts>) {}

  get(key: string): Facts | undefined {
    return this.#entries.get(key)?.facts;
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** The first list has been read. */
  get listed(): boolean {
    return this.#listed;
  }

  /** Why nothing is heard at present. */
  get failure(): KubernetesError | undefined {
    return this.#failure;
  }

  /** What an own write was answered with: known before the watch tells of it, and never replaced by older news. */
  take(object: T): void {
    const key = keyOf(object);
    const known = this.#entries.get(key);
    if (known && known.version >= versionOf(object)) return;
    this.#entries.set(key, { version: versionOf(object), facts: this.options.project(object) });
  }

  /** An own deletion. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  /** Runs until the signal; errors are waited out. */
  async run(signal: AbortSignal): Promise<void> {
    const pause = backoff({ minMs: 200, maxMs: 15_000 });
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        await this.#watch(signal, () => pause.reset());
        this.#failure = undefined;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof KubernetesError)) throw error;
        if (error.status === 410) {
          this.#version = undefined;
          continue;
        }
        this.#failure = error;
        this.options.logger.warn({ path: this.options.path, reason: error.message }, 'not watching; trying again');
        await pause.wait(signal).catch(() => undefined);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { api, path, query = {}, onChange } = this.options;
    const before = new Set(this.#entries.keys());
    const { items, resourceVersion } = await api.list<T>(path, { query, signal });
    for (const item of items) {
      before.delete(keyOf(item));
      this.#apply(item);
    }
    const listedAt = BigInt(resourceVersion || '0');
    for (const key of before) {
      // Written by ourselves after the list was read: the watch will tell of it.
      if ((this.#entries.get(key)?.version ?? 0n) > listedAt) continue;
      this.#entries.delete(key);
      onChange(key);
    }
    this.#version = resourceVersion;
    this.#listed = true;
    this.#failure = undefined;
  }

  async #watch(signal: AbortSignal, heard: () => void): Promise<void> {
    const { api, path, query = {}, onChange } = this.options;
    const from = { resourceVersion: this.#version, timeoutSeconds: WATCH_SECONDS };
    for await (const { type, object } of api.watch<T>(path, { query: { ...query, ...from }, signal })) {
      heard();
      if (type === 'ERROR') throw watchError(object);
      this.#version = object.metadata?.resourceVersion ?? this.#version;
      if (type === 'ADDED' || type === 'MODIFIED') this.#apply(object);
      if (type !== 'DELETED') continue;
      const key = keyOf(object);
      if ((this.#entries.get(key)?.version ?? 0n) > versionOf(object)) continue;
      this.#entries.delete(key);
      onChange(key);
    }
  }

  #apply(object: T): void {
    const key = keyOf(object);
    const known = this.#entries.get(key);
    if (known && known.version >= versionOf(object)) return;
    this.#entries.set(key, { version: versionOf(object), facts: this.options.project(object) });
    this.options.onChange(key);
  }
}

/** An ERROR of a watch carries a Status instead of an object. */
const watchError = (object: unknown): KubernetesError => {
  const {
    code = 500,
    reason = '',
    message = 'the watch failed',
  } = object as {
    code?: number;
    reason?: string;
    message?: string;
  };
  return new KubernetesError(code, reason, message);
};
