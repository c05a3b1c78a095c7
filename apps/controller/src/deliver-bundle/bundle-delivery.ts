import type { V1ConfigMap, V1Namespace } from '@kubernetes/client-node';
import { type Clock, every, type Logger, type Metrics, type Repetition } from '@cartulary/runtime';
import { managedBy, managedSelector } from '../deliver-secret/secret-form.js';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isStatus } from '../kubernetes/errors.js';
import { Selected } from '../kubernetes/selected.js';
import { WorkQueue } from '../queue/work-queue.js';
import type { TrustAnchors } from '../trust/trust-anchors.js';
import {
  type Bundle,
  bundleData,
  bundleDigest,
  decideMap,
  fitsInMap,
  inspectMap,
  type MapFacts,
} from './bundle-map.js';
import type { CrlCollection } from './crl-collection.js';

export interface BundleDeliveryParts {
  readonly api: KubernetesApi;
  readonly crls: CrlCollection;
  readonly anchors: Pick<TrustAnchors, 'pem'>;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: string;
  /** Of the ConfigMaps. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly demandLead: () => void;
}

const REFRESH_MS = 60_000;
const RETRY_MS = 1_000;
const PARALLEL = 8;

/** Roots and CRLs, as a ConfigMap in every namespace that is selected. */
export class BundleDelivery {
  readonly #maps: Selected<V1ConfigMap, MapFacts>;
  readonly #namespaces: Selected<V1Namespace, true> | undefined;
  readonly #queue: WorkQueue;
  #wanted: (Bundle & { readonly digest: string }) | undefined;
  #refreshing: Repetition | undefined;

  constructor(private readonly parts: BundleDeliveryParts) {
    const { api, logger, namespaces, namespaceSelector, name } = parts;
    const common = { api, logger, group: '/api/v1' };
    this.#maps = new Selected<V1ConfigMap, MapFacts>({
      ...{ ...common, resource: 'configmaps', ...(namespaces ? { namespaces } : {}) },
      query: { labelSelector: managedSelector, fieldSelector: `metadata.name=${name}` },
      project: inspectMap,
      onChange: (key) => this.#touch(key.slice(0, key.indexOf('/'))),
    });
    if (!namespaces) {
      this.#namespaces = new Selected<V1Namespace, true>({
        ...{ ...common, resource: 'namespaces', query: { labelSelector: namespaceSelector } },
        project: () => true,
        onChange: (key) => this.#touch(key.slice(1)),
      });
    }
    this.#queue = new WorkQueue({
      parallel: PARALLEL,
      work: (namespace) => this.#work(namespace),
      onError: (namespace, err, retryMs) => logger.warn({ err, namespace, retryMs }, 'no bundle; trying again'),
    });
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const failures = this.parts.metrics.counter('controller_bundle_failures_total', {
      help: 'Times that roots and CRLs could not be had, or not all of them; what was delivered stays',
    });
    const onError = (err: unknown): void => {
      failures.inc();
      // A responder may not have heard yet of the CRL that the ledger told us of.
      setTimeout(() => this.wake(), RETRY_MS).unref();
      this.parts.logger.warn({ err }, 'the bundle stays as it is');
    };
    this.#refreshing = every(REFRESH_MS, () => this.#refresh(), { onError, signal, immediately: true });
    try {
      await Promise.all([this.#maps.run(signal), this.#namespaces?.run(signal)]);
    } finally {
      await this.#refreshing.stop();
      await this.#queue.stop();
    }
  }

  /** A CRL or a root is new. */
  wake(): void {
    this.#refreshing?.wake();
  }

  async #refresh(): Promise<void> {
    const bundle = { roots: this.parts.anchors.pem, crls: await this.parts.crls.fetch() };
    if (!fitsInMap(bundle)) throw new Error('the CRLs are larger than a ConfigMap can be');
    this.#wanted = { ...bundle, digest: bundleDigest(bundle) };
    for (const namespace of this.#selected()) this.#touch(namespace);
  }

  *#selected(): Generator<string> {
    if (this.#namespaces) for (const key of this.#namespaces.keys()) yield key.slice(1);
    else yield* this.parts.namespaces ?? [];
  }

  #touch(namespace: string): void {
    const selected = this.#namespaces ? this.#namespaces.get(`/${namespace}`) : true;
    if (selected && this.#wanted && this.#maps.listed) this.#queue.add(namespace, 1);
  }

  async #work(namespace: string): Promise<void> {
    const { api, name, logger, demandLead } = this.parts;
    const wanted = this.#wanted;
    if (!wanted) return;
    const key = `${namespace}/${name}`;
    const existing = this.#maps.get(key);
    const action = decideMap(existing, wanted.digest);
    if (action === 'none') return;
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    if (action === 'leave') return void logger.warn({ namespace, name }, 'the ConfigMap is somebody else’s');
    demandLead();
    const data = bundleData(wanted);
    try {
      const written = existing
        ? await api.mergePatch<V1ConfigMap>(`${path}/${name}`, {
            metadata: { resourceVersion: existing.resourceVersion },
            data,
          })
        : await api.request<V1ConfigMap>('POST', path, { body: { metadata: { name, labels: managedBy }, data } });
      this.#maps.take(written);
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
      // Seen as it is, and decided again where it is ours.
      this.#maps.take(await api.get<V1ConfigMap>(`${path}/${name}`));
      this.#queue.add(namespace, 1);
    }
  }
}
