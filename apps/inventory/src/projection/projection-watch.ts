import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Ledger } from '@cartulary/ledger';
import { Clock, every, Health, Metrics, type Repetition } from '@cartulary/runtime';
import { Progress } from './progress.js';

const SAMPLE_MS = 2_000;
const STALLED_MS = 60_000;

export class ProjectionStalledError extends Error {
  readonly code = 'PROJECTION_STALLED';
}

/** Shows how far behind the lists are, and is not ready when they have stopped moving. */
@Injectable()
export class ProjectionWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(ProjectionWatch.name);
  #sampling?: Repetition;
  #unregister?: () => void;
  /** Where it was first seen behind, and when; none while it is not. */
  #behind: { readonly position: number; readonly since: number } | undefined;

  constructor(
    private readonly ledger: Ledger,
    private readonly progress: Progress,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    private readonly health: Health,
  ) {}

  onApplicationBootstrap(): void {
    this.#unregister = this.health.register('inventory', () => this.check());
    const onError = (error: unknown): void => this.#logger.warn(`the projection's lag is not known: ${String(error)}`);
    this.#sampling = every(SAMPLE_MS, () => this.sample().then(() => undefined), { onError, immediately: true });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#unregister?.();
    await this.#sampling?.stop();
  }

  async sample(): Promise<{ position: number; lag: number; still: number }> {
    // In this order, so that the lag is never less than it was.
    const position = await this.progress.known();
    const lag = Math.max(0, (await this.ledger.head()).position - position);
    const now = this.clock.now().getTime();
    if (lag === 0) this.#behind = undefined;
    else if (this.#behind?.position !== position) this.#behind = { position, since: now };
    this.metrics
      .gauge('inventory_position', { help: 'Ledger position up to which the inventory projection knows' })
      .set(position);
    this.metrics.gauge('inventory_lag_events', { help: 'Events that the inventory projection is behind' }).set(lag);
    return { position, lag, still: this.#behind ? now - this.#behind.since : 0 };
  }

  async check(): Promise<string> {
    const { position, lag, still } = await this.sample();
    if (lag > 0 && still >= STALLED_MS) {
      throw new ProjectionStalledError(`the projection stands at ${position}, ${lag} events behind`);
    }
    return `at position ${position}, ${lag} events behind`;
  }
}
