import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, Metrics } from '@cartulary/runtime';
import { type Follower, Transport } from '@cartulary/transport';
import { ResponderState, responderEventTypes } from './responder-state.js';

/** Keeps the state up to date from the transport, from the first event on. */
@Injectable()
export class StateFollower implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(StateFollower.name);
  readonly #mismatches;
  #follower: Follower | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly state: ResponderState,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#mismatches = metrics.counter('responder_crl_mismatches_total', {
      help: 'CRLs whose bytes, rebuilt here, were not the published ones',
    });
  }

  onApplicationBootstrap(): void {
    this.#follower = this.transport.follow({
      name: 'responder',
      after: this.state.position,
      types: responderEventTypes,
      handle: (events) => {
        this.state.fold(events, this.clock.now());
        // While catching up, most CRLs that go by are superseded already.
        if (this.state.asOf) this.#materialiseCrls();
      },
      onFreshness: (asOf) => {
        const first = !this.state.asOf;
        const now = this.clock.now();
        // A source whose clock is ahead must not vouch for a time that we have not seen: we may be cut off by then.
        this.state.refresh(asOf < now ? asOf : now);
        this.state.statuses.prune(now);
        if (first) this.#caughtUp();
      },
    });
    // Rejects when stopped before; there is nothing to be done then.
    this.#follower.caughtUp.catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#follower?.stop();
  }

  #caughtUp(): void {
    this.#logger.log(`caught up at position ${this.state.position}: ${this.state.statuses.size} certificates known`);
    this.#materialiseCrls();
  }

  #materialiseCrls(): void {
    for (const error of this.state.crls.materialise()) {
      this.#mismatches.inc();
      this.#logger.error(`${String(error)}; the last good one is served until its nextUpdate`);
    }
  }
}
