import type { LedgerEvent } from '@cartulary/contracts';
import { type Clock, every, type Health, type Logger, type Metrics } from '@cartulary/runtime';
import type { PublicClient } from '@cartulary/client';
import type { IssuanceClient } from '@cartulary/service';
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryFeed } from './certificates/registry-feed.js';
import type { Certificates } from './certificates/certificates.js';
import { BundleDelivery } from './deliver-bundle/bundle-delivery.js';
import { ClusterBundle } from './deliver-bundle/cluster-bundle.js';
import { CrlCollection } from './deliver-bundle/crl-collection.js';
import { AccountIdentities } from './deliver-secret/account-identities.js';
import { Delivery } from './deliver-secret/delivery.js';
import type { KubernetesApi } from './kubernetes/api.js';
import type { LeaderElection } from './lead/leader-election.js';
import type { ControllerOptions } from './options.js';
import { RequestSigner } from './sign-request/request-signer.js';
import type { TrustAnchors } from './trust/trust-anchors.js';

export interface ControllerParts {
  readonly api: KubernetesApi;
  readonly election: LeaderElection;
  readonly inventory: Pick<IssuanceClient, 'call'>;
  readonly certificates: Certificates;
  readonly publicSide: PublicClient;
  readonly anchors: TrustAnchors;
  readonly requester: string;
  readonly options: ControllerOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  /** The anchors have changed: our own doors let others in. */
  readonly onAnchors: () => void;
}

/** Not heard of in this long: what follows would be decided on old news. Milliseconds. */
const SILENCE_MS = 90_000;
const ANCHORS_MS = 30_000;
const GAUGES_MS = 1_000;
const PRUNE_MS = 600_000;
/** Roots and intermediates come and go with these. */
const trustEvents = new Set(['IssuerCreated', 'IssuerImported', 'IssuerActivated', 'IssuerRetired']);
const crlEvents = new Set(['CrlPublished', 'IssuerCrlImported', 'IssuerRetired']);

class ControllerNotReadyError extends Error {
  constructor(
    readonly code: 'NOT_LISTED' | 'EVENTS_SILENT',
    message: string,
  ) {
    super(message);
  }
}

/** What one replica does while it leads, and what it waits for while it doesn't. */
export class Controller {
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #delivery: Delivery | undefined;
  #feed: RegistryFeed | undefined;

  constructor(private readonly parts: ControllerParts) {}

  start(onFailure: (error: unknown) => void): void {
    const { election, health } = this.parts;
    health.register('kubernetes', () => this.#check());
    this.#running = election.run(this.#abort.signal, (signal) => this.#lead(signal)).catch(onFailure);
    this.#watchGauges();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { election, inventory, clock, logger } = this.parts;
    // Whatever was known when we led before may be wrong by now.
    const delivery = new Delivery({ ...this.parts, demandLead: () => election.demand() });
    const bundle = this.#bundleDelivery();
    const cluster = this.#clusterBundle();
    const signers = this.#requestSigners();
    const feed = new RegistryFeed({
      ...{ inventory, clock, logger, registry: delivery.registry },
      onEvent: ({ type }: LedgerEvent) => {
        if (trustEvents.has(type)) anchors.wake();
        if (crlEvents.has(type)) bundle?.wake();
      },
    });
    const onError = (err: unknown): void => logger.warn({ err }, 'the trust bundle is not known');
    const onAnchors = (): void => {
      delivery.touchAll();
      bundle?.wake();
      cluster?.wake();
    };
    const anchors = every(ANCHORS_MS, () => this.#updateAnchors(onAnchors), { onError, signal, immediately: true });
    const pruning = every(PRUNE_MS, () => delivery.registry.prune(clock.now()), { onError, signal });
    [this.#delivery, this.#feed] = [delivery, feed];
    const watching = delivery.watch(signal);
    try {
      await this.#load(feed, signal);
      const following = feed.follow(signal);
      while (!delivery.listed && !signal.aborted) await sleep(20);
      if (!signal.aborted) delivery.start();
      await Promise.all([
        watching,
        following,
        bundle?.run(signal),
        cluster?.run(signal),
        ...signers.map((each) => each.run(signal)),
      ]);
    } finally {
      [this.#delivery, this.#feed] = [undefined, undefined];
      await Promise.all([delivery.stop(), anchors.stop(), pruning.stop()]);
    }
  }

  /** Until it succeeds: without knowing what is issued, nothing may be. */
  async #load(feed: RegistryFeed, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#updateAnchors();
        return await feed.load(signal);
      } catch (err) {
        if (signal.aborted) return;
        this.parts.logger.warn({ err }, 'the inventory does not answer; trying again');
        await sleep(1_000, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #bundleDelivery(): BundleDelivery | undefined {
    const { inventory, publicSide, clock, election, options } = this.parts;
    const { bundleName: name, namespaces, namespaceSelector } = options;
    if (name === undefined) return undefined;
    return new BundleDelivery({
      ...{ ...this.parts, name, demandLead: () => election.demand() },
      ...(namespaces ? { namespaces } : {}),
      ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
      crls: new CrlCollection({ inventory, publicSide, clock }),
    });
  }

  #clusterBundle(): ClusterBundle | undefined {
    const { election, options } = this.parts;
    return options.clusterBundle
      ? new ClusterBundle({ ...this.parts, demandLead: () => election.demand() })
      : undefined;
  }

  #requestSigners(): readonly RequestSigner[] {
    const { election, options } = this.parts;
    const { signer, serverSigner, clusterDomain, namespaces, trustDomain } = options;
    const identities = new AccountIdentities(trustDomain);
    const common = { ...this.parts, clusterDomain, identities, demandLead: () => election.demand() };
    const kinds = [...(signer ? (['workload'] as const) : []), ...(serverSigner ? (['server'] as const) : [])];
    return kinds.map((kind) => new RequestSigner({ ...common, kind, ...(namespaces ? { namespaces } : {}) }));
  }

  async #updateAnchors(heard?: () => void): Promise<void> {
    const { inventory, anchors, onAnchors } = this.parts;
    const changed = await anchors.update(await inventory.call((client) => client.getTrustBundle()));
    if (!changed) return;
    onAnchors();
    heard?.();
  }

  #check(): string {
    const [delivery, feed] = [this.#delivery, this.#feed];
    if (!delivery || !feed) return 'standby';
    if (delivery.failure) throw delivery.failure;
    if (!delivery.listed) throw new ControllerNotReadyError('NOT_LISTED', 'not everything is listed yet');
    if (feed.silence > SILENCE_MS) throw new ControllerNotReadyError('EVENTS_SILENT', 'no events are heard');
    return `leading, ${delivery.size} service accounts, ${delivery.depth} waiting`;
  }

  #watchGauges(): void {
    const { metrics, logger, election } = this.parts;
    const leading = metrics.gauge('controller_leading', { help: '1 in the one replica that leads' });
    const accounts = metrics.gauge('controller_accounts', { help: 'Service accounts that are looked after' });
    const depth = metrics.gauge('controller_queue_depth', { help: 'Service accounts that wait for their turn' });
    const position = metrics.gauge('controller_position', { help: 'Of the event that was heard last' });
    const look = (): void => {
      leading.set(election.leading ? 1 : 0);
      accounts.set(this.#delivery?.size ?? 0);
      depth.set(this.#delivery?.depth ?? 0);
      position.set(this.#feed?.position ?? 0);
    };
    const onError = (err: unknown): void => logger.warn({ err }, 'metrics');
    every(GAUGES_MS, look, { onError, signal: this.#abort.signal });
  }
}
