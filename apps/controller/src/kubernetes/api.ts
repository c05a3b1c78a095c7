import type { KubernetesListObject, KubernetesObject, V1Status } from '@kubernetes/client-node';
import type { Counter } from 'prom-client';
import { type Dispatcher, request } from 'undici';
import type { ClusterAccess } from './access.js';
import { KubernetesError } from './errors.js';
import { jsonLines } from './json-lines.js';

export interface Call {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** `application/json` unless said otherwise; patches have types of their own. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds until the answer's head, 15 000 unless said otherwise. */
  readonly timeout?: number;
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Answer = Dispatcher.ResponseData;

const PAGE = 500;

/** What we ask of the API server, by path; counts its calls by verb and kind of object. */
export class KubernetesApi {
  constructor(
    private readonly access: ClusterAccess,
    private readonly calls?: Counter,
  ) {}

  /** Throws KubernetesError. */
  async request<T>(method: Method, path: string, call: Call = {}): Promise<T> {
    const answer = await this.#send(method, path, call);
    const text = await answer.body.text().catch((cause: unknown) => Promise.reject(unreachable(cause)));
    if (answer.statusCode >= 200 && answer.statusCode < 300) return JSON.parse(text) as T;
    throw refusal(answer.statusCode, text);
  }

  get<T>(path: string, call?: Call): Promise<T> {
    return this.request('GET', path, call);
  }

  /** Sets what the patch names and leaves the rest; `null` takes away (RFC 7396). */
  mergePatch<T>(path: string, body: unknown, call: Call = {}): Promise<T> {
    return this.request('PATCH', path, { ...call, body, contentType: 'application/merge-patch+json' });
  }

  /** Every page of a list, and the version that a watch goes on from. */
  async list<T extends KubernetesObject>(
    path: string,
    call: Call = {},
  ): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
    const items: T[] = [];
    let next: string | undefined;
    for (;;) {
      const query = { ...call.query, limit: PAGE, continue: next };
      const page = await this.get<KubernetesListObject<T>>(path, { ...call, query });
      items.push(...page.items);
      next = page.metadata?.['_continue'] ?? (page.metadata as { continue?: string } | undefined)?.continue;
      if (!next) return { items, resourceVersion: page.metadata?.resourceVersion ?? '' };
    }
  }

  /** Ends when the API server ends it; throws KubernetesError where it is refused or cut. */
  async *watch<T>(path: string, call: Call): AsyncGenerator<WatchEvent<T>> {
    const query = { ...call.query, watch: true, allowWatchBookmarks: true };
    const answer = await this.#send('GET', path, { ...call, query });
    if (answer.statusCode !== 200) throw refusal(answer.statusCode, await answer.body.text());
    try {
      for await (const event of jsonLines(answer.body)) yield event as WatchEvent<T>;
    } catch (cause) {
      throw unreachable(cause);
    }
  }

  async #send(method: Method, path: string, { query = {}, body, contentType, signal, timeout }: Call): Promise<Answer> {
    const { dispatcher, headers } = await this.access.get();
    const url = new URL(this.access.server + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    this.calls?.inc({ verb: query['watch'] ? 'watch' : method.toLowerCase(), kind: kindOf(path) });
    try {
      return await request(url, {
        method,
        dispatcher,
        headersTimeout: timeout ?? 15_000,
        headers: {
          ...headers,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        ...(signal ? { signal } : {}),
      });
    } catch (cause) {
      throw unreachable(cause);
    }
  }
}

const unreachable = (cause: unknown): KubernetesError =>
  new KubernetesError(0, 'Unreachable', `the API server: ${String((cause as Error).message ?? cause)}`, { cause });

const refusal = (status: number, text: string): KubernetesError => {
  let said: V1Status = {};
  try {
    said = JSON.parse(text) as V1Status;
  } catch {
    // Not the API server's own words: a proxy between.
  }
  return new KubernetesError(status, said.reason ?? '', said.message ?? `the API server answered ${status}`);
};

/** `/api/v1/namespaces/shop/secrets/istio.cart` → `secrets`. */
const kindOf = (path: string): string => {
  const parts = path.replace(/^\/(api|apis\/[^/]+)\/[^/]+\//, '').split('/');
  return (parts[0] === 'namespaces' && parts.length > 2 ? parts[2] : parts[0]) ?? '';
};
