import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { backoff, Clock, collectGarbage, Metrics } from '@cartulary/runtime';
import { type Follower, type FollowSubscription, type StateCut, Transport } from '@cartulary/transport';
import { Snapshots } from '../snapshot/snapshots.js';
import { AbridgedHistory } from './abridged-history.js';
import { ResponderState, responderEventTypes } from './responder-state.js';

/** Certificates: the events of fewer leave too little behind to stop for. */
const MUCH = 10_000;

/**
 * Keeps the state up to date from the transport: on from the snapshot where there is one, else from the state topics,
 * and from the first event where there are none of these either.
 */
@Injectable()
export class StateFollower implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(StateFollower.name);
  readonly #mismatches;
  readonly #startedFrom;
  readonly #stopping = new AbortController();
  #starting: Promise<void> | undefined;
  #follower: Follower | undefined;
  /** Caught up since the start of this process. */
  #live = false;
  /** Some of what is known is as new as this: before the rest is, nothing may be said. */
  #horizon = 0;

  constructor(
    private readonly transport: Transport,
    private readonly state: ResponderState,
    private readonly clock: Clock,
    private readonly snapshots: Snapshots,
    metrics: Metrics,
  ) {
    this.#mismatches = metrics.counter('responder_crl_mismatches_total', {
      help: 'CRLs whose bytes, rebuilt here, were not the published ones',
    });
    this.#startedFrom = metrics.gauge('responder_started_from', {
      help: '1 for what this process has started from: its snapshot or the state topics',
      labels: ['source'],
    });
  }

  /** Waits for the disk and for nothing else: answers begin before the source of events can be reached. */
  async onApplicationBootstrap(): Promise<void> {
    const restored = await this.snapshots.restore(this.state);
    if (restored) {
      this.#startedFrom.set({ source: 'snapshot' }, 1);
      // What was published since the snapshot has to be there before anybody asks.
      this.#materialiseCrls();
      await this.state.crls.settled();
    }
    if (restored || !this.transport.readState) return this.#follow(this.state.asOf);
    this.#starting = this.#startFromState();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopping.abort();
    await this.#starting;
    await this.#follower?.stop();
    // Where we have not caught up, what lies on disk is no older than what we know.
    if (this.#live) await this.snapshots.stop(this.state);
  }

  async #startFromState(): Promise<void> {
    const cut = await this.#readState();
    if (!this.#stopping.signal.aborted) this.#follow(cut?.asOf);
  }

  /** Undefined: there is no state yet, or we are stopped. */
  async #readState(): Promise<StateCut | undefined> {
    const pause = backoff({ minMs: 500, maxMs: 10_000 });
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const now = this.clock.now();
        const history = new AbridgedHistory(this.state.statuses, now);
        const cut = await this.transport.readState?.(history.subscription);
        this.#horizon = history.newest;
        if (!cut?.asOf) return undefined;
        this.state.fold(history.events(cut.position), now);
        this.state.advance(cut.position);
        this.#startedFrom.set({ source: 'state' }, 1);
        this.#logger.log(`from the state topics: ${this.state.statuses.size} certificates at position ${cut.position}`);
        return cut;
      } catch (error) {
        if (signal.aborted) break;
        this.#logger.warn(`the state topics can't be read: ${String(error)}; trying again`);
        await sleep(pause.next(), undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  #follow(asOf: Date | undefined): void {
    const subscription: FollowSubscription = {
      name: 'responder',
      after: this.state.position,
      ...(asOf ? { asOf } : {}),
      types: responderEventTypes,
      handle: (events) => {
        this.snapshots.note(events);
        this.state.fold(events, this.clock.now());
        // While catching up, most CRLs that go by are superseded already.
        if (this.#live) this.#materialiseCrls();
      },
      onFreshness: (fresh, position) => this.#refresh(fresh, position),
    };
    this.#follower = this.transport.follow(subscription);
    // Rejects when stopped before; there is nothing to be done then.
    this.#follower.caughtUp.catch(() => undefined);
  }

  #refresh(fresh: Date, position: number): void {
    if (position < this.#horizon) return;
    const now = this.clock.now();
    this.state.advance(position);
    if (!this.#live) this.#caughtUp();
    // A source whose clock is ahead must not vouch for a time that we have not seen: we may be cut off by then.
    const asOf = fresh < now ? fresh : now;
    this.snapshots.noteFreshness(asOf);
    this.state.refresh(asOf);
    this.state.statuses.prune(now);
  }

  #caughtUp(): void {
    this.#live = true;
    // Nobody is answered yet: what was read of the history is given back first.
    if (this.state.statuses.size > MUCH) collectGarbage();
    this.#logger.log(`caught up at position ${this.state.position}: ${this.state.statuses.size} certificates known`);
    this.#materialiseCrls();
    this.snapshots.start(this.state);
  }

  #materialiseCrls(): void {
    this.state.crls.materialise((error) => {
      this.#mismatches.inc();
      this.#logger.error(`${String(error)}; the last good one is served until its nextUpdate`);
    });
  }
}
