import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Ledger } from '@cartulary/ledger';
import { every, Metrics, type Repetition } from '@cartulary/runtime';
import { Settings } from '@cartulary/service';
import { type Consumer, Transport } from '@cartulary/transport';
import { projectedTypes, RotationProjector } from './projector.js';
import { RenewalScheduler } from './scheduler.js';

/** Further behind, what looks due may have been renewed long ago. */
const CAUGHT_UP_EVENTS = 1_000;

/** Feeds the projection, and has the scheduler look at it where this process is the one that feeds it. */
@Injectable()
export class RenewalSchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(RenewalSchedule.name);
  #consumer?: Consumer;
  #looking?: Repetition;
  #more = false;

  constructor(
    private readonly ledger: Ledger,
    private readonly transport: Transport,
    private readonly projector: RotationProjector,
    private readonly scheduler: RenewalScheduler,
    private readonly settings: Settings,
    private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    const onError = (err: unknown): void => this.#logger.warn({ err }, 'what is due could not be ordered');
    this.#looking = every(this.settings.rotationInterval, () => this.#look(), { onError });
    this.#consumer = this.transport.consume({
      group: 'rotation-renewals',
      types: projectedTypes,
      handle: async (events) => {
        const news = await this.projector.handle(events);
        if (news || this.#more) this.#looking?.wake();
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#looking?.stop();
    await this.#consumer?.stop();
  }

  /** One of many: the others stand by, and the ledger settles what they should both do by mistake. */
  async #look(): Promise<void> {
    if (!this.#consumer?.active()) return;
    const { position } = await this.ledger.head();
    const lag = Math.max(0, position - this.#consumer.position());
    this.metrics.gauge('rotation_lag_events', { help: 'Events that the rotation projection is behind' }).set(lag);
    if (lag > CAUGHT_UP_EVENTS) return;
    this.#more = await this.scheduler.tick();
  }
}
