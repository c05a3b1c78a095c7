import type { RecordedEvent } from '@cartulary/ledger';
import type { FixedClock } from '@cartulary/runtime';
import {
  type Consumer,
  type Follower,
  type FollowSubscription,
  type PoisonEvent,
  Transport,
} from '@cartulary/transport';

interface Following {
  readonly subscription: FollowSubscription;
  position: number;
  asOf: Date | undefined;
  readonly caughtUp: () => void;
}

/** A transport whose every delivery and heartbeat happens when the test says so, in that turn. */
export class MemoryTransport extends Transport {
  readonly events: RecordedEvent[] = [];
  readonly #following = new Set<Following>();
  /** While true nothing arrives: neither events nor freshness. */
  cutOff = false;
  /** How far the source's clock is ahead of ours, in milliseconds. */
  ahead = 0;

  constructor(private readonly clock: FixedClock) {
    super();
  }

  /** Commits an event and delivers it. */
  append(stream: string, type: string, data: object): RecordedEvent {
    const event = {
      position: this.events.length + 1,
      stream,
      version: this.events.filter((one) => one.stream === stream).length + 1,
      type,
      data,
      recordedAt: this.clock.now().toISOString(),
    } as unknown as RecordedEvent;
    this.events.push(event);
    this.deliver();
    return event;
  }

  deliver(): void {
    if (this.cutOff) return;
    for (const following of this.#following) {
      const { types, handle } = following.subscription;
      const news = this.events.slice(following.position).filter(({ type }) => types?.includes(type) ?? true);
      if (news.length > 0) void handle(news);
      following.position = this.events.length;
    }
  }

  /** Everything up to now has been delivered. */
  heartbeat(): void {
    if (this.cutOff) return;
    this.deliver();
    for (const following of this.#following) {
      following.asOf = new Date(this.clock.now().getTime() + this.ahead);
      following.subscription.onFreshness?.(following.asOf, following.position);
      following.caughtUp();
    }
  }

  override follow(subscription: FollowSubscription): Follower {
    const { promise, resolve } = Promise.withResolvers<void>();
    const following: Following = { subscription, position: subscription.after, asOf: undefined, caughtUp: resolve };
    this.#following.add(following);
    return {
      caughtUp: promise,
      position: () => following.position,
      asOf: () => following.asOf,
      stop: async () => void this.#following.delete(following),
    };
  }

  override consume(): Consumer {
    throw new Error('a responder only follows');
  }

  override poisonEvents(): Promise<PoisonEvent[]> {
    return Promise.resolve([]);
  }

  override replayPoison(): Promise<boolean> {
    return Promise.resolve(false);
  }

  override close(): Promise<void> {
    this.#following.clear();
    return Promise.resolve();
  }
}
