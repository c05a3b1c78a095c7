import { type FollowBatch, type Ledger, type RecordedEvent } from '@cartulary/ledger';
import { type Follower, type FollowSubscription } from '../transport.js';
import { type ConsumerOptions } from './ledger-consumer.js';
import { handleTraced } from '../tracing.js';
import { BackOff } from './retry.js';

/** Every replica's own view: nothing is kept, everything is seen. */
export class LedgerFollower implements Follower {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private handled: number;
  private fresh: Date | undefined;
  private markCaughtUp!: () => void;
  private markStopped!: (error: Error) => void;
  readonly caughtUp: Promise<void>;

  constructor(
    private readonly ledger: Ledger,
    private readonly subscription: FollowSubscription,
    private readonly options: ConsumerOptions,
  ) {
    this.handled = subscription.after;
    this.caughtUp = new Promise((resolve, reject) => {
      this.markCaughtUp = resolve;
      this.markStopped = reject;
    });
    this.caughtUp.catch(() => undefined); // whoever waits for it is told; nobody has to
    this.running = this.run().finally(() => this.markStopped(new Error(`follower ${subscription.name} was stopped`)));
  }

  position(): number {
    return this.handled;
  }

  asOf(): Date | undefined {
    return this.fresh;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { after, types } = this.subscription;
    const { signal } = this.stopping;
    const follow = { after, signal, batchSize: this.options.batchSize, ...(types ? { types } : {}) };
    for await (const batch of this.ledger.follow(follow)) {
      if (batch.events.length > 0 && !(await this.handle(batch.events))) return;
      this.handled = batch.position;
      this.refresh(batch);
    }
  }

  private async handle(events: readonly RecordedEvent[]): Promise<boolean> {
    const backOff = new BackOff(this.options.retry, this.stopping.signal);
    while (!this.stopping.signal.aborted) {
      try {
        await this.handleOnce(events);
        return true;
      } catch (error) {
        this.trouble(error);
      }
      await backOff.pause();
    }
    return false;
  }

  // What was there before this process is told to it once more, but happens in nobody's request.
  private handleOnce(events: readonly RecordedEvent[]): void | Promise<void> {
    const handle = (): void | Promise<void> => this.subscription.handle(events);
    return this.fresh ? handleTraced(this.subscription.name, events, handle) : handle();
  }

  // Behind a burst there is freshness too: commit times are monotone and set under the append's lock, so what was
  // acknowledged before the last handled event's commit time has been handled.
  private refresh({ caughtUp, asOf, events, position }: FollowBatch): void {
    const last = events.at(-1);
    const fresh = caughtUp ? asOf : last && this.fresh && new Date(last.committedAt);
    if (!fresh || (this.fresh && fresh < this.fresh)) return;
    this.fresh = fresh;
    if (caughtUp) this.markCaughtUp();
    try {
      this.subscription.onFreshness?.(fresh, position);
    } catch (error) {
      this.trouble(error);
    }
  }

  private trouble(error: unknown): void {
    this.options.onTrouble(`follower ${this.subscription.name}`, error);
  }
}
