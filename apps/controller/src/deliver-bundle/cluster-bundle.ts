import { setTimeout as sleep } from 'node:timers/promises';
import type { V1APIGroup, V1APIResourceList, V1beta1ClusterTrustBundle } from '@kubernetes/client-node';
import { every, type Logger, type Metrics, type Repetition } from '@cartulary/runtime';
import type { KubernetesApi } from '../kubernetes/api.js';
import { isStatus } from '../kubernetes/errors.js';
import { Selected } from '../kubernetes/selected.js';
import { signerName } from '../sign-request/decide-request.js';
import { managedBy } from '../deliver-secret/secret-form.js';
import type { TrustAnchors } from '../trust/trust-anchors.js';

/** The API server wants the signer's name before it. */
const CLUSTER_BUNDLE = 'cartulary.dev:workload:roots';

export interface ClusterBundleParts {
  readonly api: KubernetesApi;
  readonly anchors: Pick<TrustAnchors, 'pem'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly demandLead: () => void;
}

interface Facts {
  readonly resourceVersion: string;
  readonly trustBundle: string;
}

const GROUP = '/apis/certificates.k8s.io';
const RESOURCE = 'clustertrustbundles';
/** How often is looked whether the API server has the kind by now, and the roots are compared. */
const REFRESH_MS = 30_000;
const LISTING_MS = 50;
const inspect = ({ metadata, spec }: V1beta1ClusterTrustBundle): Facts => ({
  resourceVersion: metadata?.resourceVersion ?? '',
  trustBundle: spec.trustBundle,
});

/**
 * The roots as a ClusterTrustBundle, which pods can have projected into a file (KEP 3257). API servers have that kind
 * in no version, or in a beta one that has to be switched on: where it is missing, that is said once and all else goes on.
 */
export class ClusterBundle {
  #group: string | undefined;
  #known: Selected<V1beta1ClusterTrustBundle, Facts> | undefined;
  #watching: Promise<void> | undefined;
  #refreshing: Repetition | undefined;
  #saidMissing = false;

  constructor(private readonly parts: ClusterBundleParts) {}

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const served = this.parts.metrics.gauge('controller_cluster_trust_bundle', {
      help: '1 where the API server has ClusterTrustBundles, and so ours',
    });
    const onError = (err: unknown): void => this.parts.logger.warn({ err }, 'the ClusterTrustBundle stays as it is');
    const refresh = async (): Promise<void> => {
      await this.#discover(signal);
      while (this.#known && !this.#known.listed && !signal.aborted) await sleep(LISTING_MS);
      served.set(this.#group ? 1 : 0);
      await this.#write();
    };
    this.#refreshing = every(REFRESH_MS, refresh, { onError, signal, immediately: true });
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await this.#refreshing.stop();
    await this.#watching;
  }

  /** The roots have changed. */
  wake(): void {
    this.#refreshing?.wake();
  }

  async #discover(signal: AbortSignal): Promise<void> {
    if (this.#group) return;
    const { api, logger } = this.parts;
    const { versions } = await api.get<V1APIGroup>(GROUP);
    for (const { groupVersion, version } of versions) {
      const { resources } = await api.get<V1APIResourceList>(`${GROUP}/${version}`);
      if (!resources.some(({ name }) => name === RESOURCE)) continue;
      logger.info({ apiVersion: groupVersion }, 'the API server has ClusterTrustBundles');
      this.#group = `${GROUP}/${version}`;
      this.#known = new Selected<V1beta1ClusterTrustBundle, Facts>({
        ...{ api, logger, group: this.#group, resource: RESOURCE, project: inspect },
        query: { fieldSelector: `metadata.name=${CLUSTER_BUNDLE}` },
        onChange: () => this.wake(),
      });
      this.#watching = this.#known.run(signal);
      return;
    }
    if (this.#saidMissing) return;
    this.#saidMissing = true;
    logger.info('the API server has no ClusterTrustBundles');
  }

  async #write(): Promise<void> {
    const { api, anchors, demandLead, logger } = this.parts;
    const { pem: trustBundle } = anchors;
    if (!this.#group || !this.#known?.listed || !trustBundle) return;
    const existing = this.#known.get(`/${CLUSTER_BUNDLE}`);
    if (existing?.trustBundle === trustBundle) return;
    demandLead();
    const path = `${this.#group}/${RESOURCE}`;
    try {
      const metadata = { name: CLUSTER_BUNDLE, labels: managedBy };
      const written = existing
        ? await api.mergePatch<V1beta1ClusterTrustBundle>(`${path}/${CLUSTER_BUNDLE}`, {
            metadata: { resourceVersion: existing.resourceVersion },
            spec: { trustBundle },
          })
        : await api.request<V1beta1ClusterTrustBundle>('POST', path, {
            body: { metadata, spec: { signerName: signerName('workload'), trustBundle } },
          });
      this.#known.take(written);
      logger.info({ name: CLUSTER_BUNDLE }, 'wrote the ClusterTrustBundle');
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
      this.#known.take(await api.get<V1beta1ClusterTrustBundle>(`${path}/${CLUSTER_BUNDLE}`));
      this.wake();
    }
  }
}
