import { type FollowBatch, type Ledger, type RecordedEvent } from '@cartulary/ledger';
import { type ConsumeSubscription, type Consumer } from '../transport.js';
import { type ConsumerStore, type Lead } from './consumer-store.js';
import { handleBatch } from './handle-batch.js';
import { handleTraced } from '../tracing.js';
import { BackOff, type RetryOptions } from './retry.js';

export interface ConsumerOptions {
  readonly batchSize: number;
  readonly retry: RetryOptions;
  readonly onTrouble: (what: string, error: unknown) => void;
}

const IDLE_KEEP_MS = 1_000;

/** One group's consumer: waits to lead, then follows the ledger from the group's position. */
export class LedgerConsumer implements Consumer {
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private done = 0;
  private head = 0;
  private leading = false;

  constructor(
    private readonly ledger: Ledger,
    private readonly store: ConsumerStore,
    private readonly subscription: ConsumeSubscription,
    private readonly options: ConsumerOptions,
  ) {
    this.running = this.run();
  }

  position(): number {
    return this.done;
  }

  lag(): number {
    return Math.max(0, this.head - this.done);
  }

  active(): boolean {
    return this.leading;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const backOff = new BackOff(this.options.retry, this.stopping.signal);
    while (!this.stopping.signal.aborted) {
      try {
        const lead = await this.store.lead(this.subscription.group, this.stopping.signal);
        if (!lead) return;
        await this.consume(lead).finally(() => lead.release());
        backOff.reset();
      } catch (error) {
        this.trouble(error);
      }
      await backOff.pause();
    }
  }

  private async consume(lead: Lead): Promise<void> {
    const signal = AbortSignal.any([this.stopping.signal, lead.lost]);
    const { types } = this.subscription;
    const after = Math.max(lead.position, this.subscription.after ?? 0);
    this.done = after;
    this.leading = true;
    try {
      const follow = { after, signal, batchSize: this.options.batchSize, ...(types ? { types } : {}) };
      let kept = { position: lead.position, at: performance.now() };
      for await (const batch of this.ledger.follow(follow)) {
        this.head = batch.head;
        const events = batch.events.filter((event) => this.wants(event));
        if (events.length > 0 && !(await this.handle(lead, events, signal))) return;
        this.done = batch.position;
        // What is not ours is passed over; keeping that now and then is enough.
        if (events.length > 0 || performance.now() - kept.at > IDLE_KEEP_MS) kept = await this.keep(lead, batch, kept);
      }
      if (!lead.lost.aborted && this.done > kept.position) await lead.keep(this.done);
    } finally {
      this.leading = false;
    }
  }

  private async keep(lead: Lead, { position }: FollowBatch, kept: { position: number; at: number }) {
    if (position > kept.position) await lead.keep(position);
    return { position, at: performance.now() };
  }

  private handle(lead: Lead, events: readonly RecordedEvent[], signal: AbortSignal): Promise<boolean> {
    const { group } = this.subscription;
    return handleBatch(events, {
      retry: this.options.retry,
      signal,
      handle: (some) => handleTraced(group, some, () => this.subscription.handle(some)),
      setAside: ({ position, stream, type }, reason, attempts) =>
        this.store.setAside({ group, position, stream, type, reason, attempts }),
      done: async ({ position }) => {
        await lead.keep(position);
        this.done = position;
      },
      onTrouble: (error) => this.trouble(error),
    });
  }

  private wants({ stream }: RecordedEvent): boolean {
    const { aggregates } = this.subscription;
    return aggregates?.some((aggregate) => stream.startsWith(`${aggregate}-`)) ?? true;
  }

  private trouble(error: unknown): void {
    this.options.onTrouble(`consumer ${this.subscription.group}`, error);
  }
}
