import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, every, Metrics, type Repetition } from '@cartulary/runtime';
import { ResponderState } from '../fold/responder-state.js';

const INTERVAL_MS = 1_000;

/** The gauges: how old what we know is. They go on growing when nothing comes any more, which is when they matter. */
@Injectable()
export class ResponderMetrics implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(ResponderMetrics.name);
  readonly #freshness;
  readonly #certificates;
  readonly #crlNumber;
  readonly #crlAge;
  #repetition: Repetition | undefined;

  constructor(
    private readonly state: ResponderState,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    const labels = ['issuer'];
    this.#freshness = metrics.gauge('responder_freshness_age_seconds', {
      help: 'Since the time up to which every event is known',
    });
    this.#certificates = metrics.gauge('responder_certificates', { help: 'Certificates whose status is known' });
    this.#crlNumber = metrics.gauge('responder_crl_number', { help: 'Number of the CRL that is served', labels });
    this.#crlAge = metrics.gauge('responder_crl_age_seconds', {
      help: 'Since thisUpdate of the CRL that is served, which is backdated by the clock skew',
      labels,
    });
  }

  onApplicationBootstrap(): void {
    const onError = (error: unknown): void => this.#logger.error(`metrics: ${String(error)}`);
    this.#repetition = every(INTERVAL_MS, () => this.update(), { onError });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#repetition?.stop();
  }

  update(): void {
    const now = this.clock.now().getTime();
    const { asOf, issuers, crls, statuses } = this.state;
    if (asOf) this.#freshness.set((now - asOf.getTime()) / 1_000);
    this.#certificates.set(statuses.size);
    for (const { issuerId: issuer } of issuers.all()) {
      const crl = crls.find(issuer);
      if (!crl) continue;
      this.#crlNumber.set({ issuer }, crl.number);
      this.#crlAge.set({ issuer }, (now - crl.thisUpdate.getTime()) / 1_000);
    }
  }
}
