import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '@cartulary/runtime';
import { CanaryTrials } from '../canary/canary-trials.js';
import { ProvableListeners } from '../canary/listeners.js';
import { follow } from '../follow.js';
import { RevokedCertificates } from '../live/revoked-certificates.js';
import { ServiceRulesStore } from '../services/service-rules-store.js';
import { TrustCache } from '../trust/trust-cache.js';
import { TrustStore } from '../trust/trust-store.js';
import { Entitlements } from '../workloads/entitlements.js';
import { SvidKeeper } from '../workloads/svid-keeper.js';
import { Authority } from './authority.js';
import { codeOf } from './errors.js';

type StreamName = 'entitlements' | 'trust';

/** Keeps the two streams to the CA open, and says since when one has been away. */
@Injectable()
export class AuthorityFollower implements OnApplicationShutdown {
  readonly #logger = new Logger(AuthorityFollower.name);
  readonly #stop = new AbortController();
  readonly #away = new Map<StreamName, Date>();
  #running: Promise<unknown> | undefined;
  #writing = Promise.resolve();

  constructor(
    private readonly authority: Authority,
    private readonly entitlements: Entitlements,
    private readonly trust: TrustStore,
    private readonly svids: SvidKeeper,
    private readonly services: ServiceRulesStore,
    private readonly cache: TrustCache,
    private readonly revoked: RevokedCertificates,
    private readonly listeners: ProvableListeners,
    private readonly trials: CanaryTrials,
    private readonly clock: Clock,
  ) {}

  /** What was kept on disk first; then what the CA says. */
  async start(): Promise<void> {
    const kept = await this.cache.read();
    const { state, position = 0 } = kept ?? {};
    if (state) this.revoked.quietly(() => this.trust.restore(state, position));
    if (kept) this.entitlements.replace(kept.entitlements);
    if (kept?.services) this.services.replace(kept.services);
    this.svids.start();
    this.#running = Promise.all([
      this.#follow('entitlements', (alive) => this.#readEntitlements(alive)),
      this.#follow('trust', (alive) => this.#readTrust(alive)),
    ]);
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#writing;
  }

  /** Undefined: it is open. */
  awaySince(stream: StreamName): Date | undefined {
    return this.#away.get(stream);
  }

  #follow(name: StreamName, run: (alive: () => void) => Promise<void>): Promise<void> {
    this.#away.set(name, this.clock.now());
    return follow(
      (alive) =>
        run(() => {
          alive();
          if (this.#away.delete(name)) this.#logger.log(`the CA’s ${name} are followed`);
        }),
      {
        signal: this.#stop.signal,
        onEnd: (error) => {
          const known = this.#away.has(name);
          if (!known) this.#away.set(name, this.clock.now());
          const why = error === undefined ? 'ended' : `${codeOf(error)}, ${String((error as Error).message)}`;
          this.#logger[known ? 'debug' : 'warn'](`the CA’s ${name} don’t come any more: ${why}`);
        },
      },
    );
  }

  async #readEntitlements(alive: () => void): Promise<void> {
    for await (const all of this.authority.entitlements(this.#stop.signal)) {
      alive();
      this.entitlements.replace(all);
      this.#keep();
    }
  }

  async #readTrust(alive: () => void): Promise<void> {
    this.trust.begin();
    const request = { held: this.trust.held(), canaries: this.listeners.any };
    for await (const change of this.authority.trust(request, this.#stop.signal)) {
      alive();
      // Ahead of the CRL in the same message: these say whose a certificate was.
      change.revocations.forEach((revocation) => this.revoked.told(revocation));
      this.trust.apply(change);
      change.canaries?.forEach((canary) => this.trials.take(canary));
      if (change.services) this.services.replace(change.services);
      change.revocations.forEach((revocation) => this.svids.revoked(revocation));
      change.rotations.forEach((order) => this.svids.order(order));
      if (change.complete) this.#keep();
    }
  }

  /** In the background and one after the other: a slow disk must not hold up a revocation. */
  #keep(): void {
    this.#writing = this.#writing
      .then(async () => {
        const { state, position } = this.trust;
        if (state) await this.cache.write(state, position, this.entitlements.all, this.services.all);
      })
      .catch((error: unknown) => this.#logger.error(`the last good trust is not kept: ${String(error)}`));
  }
}
