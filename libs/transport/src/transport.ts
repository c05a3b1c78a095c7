import { type Aggregate, type StateRecordOf, type StateTopicName } from '@cartulary/contracts';
import { type RecordedEvent, type Position } from '@cartulary/ledger';

export interface ConsumeSubscription {
  /** The durable name: one consumer of a group is active at a time, and the group's position outlives it. */
  readonly group: string;
  /** Where a group without a position begins; it may get what came before all the same. The beginning unless said. */
  readonly after?: Position;
  /** Prefixes of streams (`certificate`, `trust-domain`); every stream unless said otherwise. */
  readonly aggregates?: readonly string[];
  readonly types?: readonly string[];
  /** At least once, in order per stream: must be idempotent by position. A rejection means "not done". */
  handle(events: readonly RecordedEvent[]): Promise<void>;
}

export interface FollowSubscription {
  /** For logs and metrics; nothing is kept under it. */
  readonly name: string;
  readonly after: Position;
  /** As it was said with `after` (by onFreshness, a state topic, a snapshot): a transport may start nearer by it. */
  readonly asOf?: Date;
  readonly types?: readonly string[];
  /** In order. A rejection or exception is repeated with the same events, with growing pauses. */
  handle(events: readonly RecordedEvent[]): void | Promise<void>;
  /**
   * Every event acknowledged before `asOf` has been handled; `position` is the last one handled or passed over.
   * At least once a second while the source can be reached, also when nothing is new.
   */
  onFreshness?(asOf: Date, position: Position): void;
}

/** Called synchronously, record by record. */
export interface StateSubscription {
  /**
   * In the order of each key, but a record may come again: of two of a key, the higher position counts. Undefined: the
   * key was removed. Records may be newer than the cut.
   */
  readonly topics: {
    readonly [Name in StateTopicName]?: (key: string, record: StateRecordOf<Name> | undefined) => void;
  };
  /** Whose events are few and kept for ever: all of them, each once, in the order of their stream. */
  readonly aggregates?: readonly { readonly name: Aggregate; readonly handle: (event: RecordedEvent) => void }[];
}

/** What was read is complete up to here: `position` and `asOf` are where to follow on. */
export interface StateCut {
  readonly position: Position;
  readonly asOf: Date | undefined;
}

export interface Consumer {
  /** Resolves when no handler runs any more and the position is kept. */
  stop(): Promise<void>;
  /** The last position that is done; 0 before the first or when another process is active and it is not known. */
  position(): Position;
  /** Events between the group's position and the end, as last seen. */
  lag(): number;
  /** Whether this consumer is the group's active one now. */
  active(): boolean;
}

export interface Follower {
  stop(): Promise<void>;
  /** Resolves once everything that was there at the start has been handled; rejects when stopped before. */
  readonly caughtUp: Promise<void>;
  position(): Position;
  /** Undefined until caught up for the first time. */
  asOf(): Date | undefined;
}

/** An event that a group could not handle, and why. */
export interface PoisonEvent {
  /** `<group>/<position>`; of what is no event at all, `<group>/<place in Kafka>`. */
  readonly id: string;
  readonly group: string;
  /** 0: what Kafka held there is no event. */
  readonly position: Position;
  readonly stream: string;
  readonly type: string;
  /** The error's name and message. */
  readonly reason: string;
  readonly attempts: number;
  readonly setAsideAt: Date;
}

/** How events get from the ledger to handlers. */
export abstract class Transport {
  private readonly handlers = new Map<string, ConsumeSubscription['handle']>();

  /** How this process handles a group's events; undefined where it has no consumer of the group. */
  handlerOf(group: string): ConsumeSubscription['handle'] | undefined {
    return this.handlers.get(group);
  }
  protected remember({ group, handle }: ConsumeSubscription): void {
    this.handlers.set(group, handle);
  }

  abstract consume(subscription: ConsumeSubscription): Consumer;
  abstract follow(subscription: FollowSubscription): Follower;
  /**
   * What state topics hold now, so that a reader need not begin with the first event; absent where there are only
   * events. Rejects when they can't be read.
   */
  readState?(subscription: StateSubscription): Promise<StateCut>;
  /** Events that were set aside, by one group or by any, in the order of positions. */
  abstract poisonEvents(group?: string): Promise<PoisonEvent[]>;
  /**
   * Handles one that was set aside again, and forgets it when that succeeds; false: there is no such event. A failure
   * is one more attempt, and is passed on.
   */
  abstract replayPoison(group: string, position: Position, handle: ConsumeSubscription['handle']): Promise<boolean>;
  /** Stops every consumer and follower. */
  abstract close(): Promise<void>;
}

export const poisonId = (group: string, position: Position): string => `${group}/${position}`;
