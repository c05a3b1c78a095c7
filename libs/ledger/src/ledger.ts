import {
  type AppendCommand,
  type AppendResult,
  type ErasableField,
  type FollowBatch,
  type FollowOptions,
  type IdempotentAppend,
  type LedgerHead,
  type ReadAllOptions,
  type RecordedEvent,
  type StreamHistory,
  type StreamName,
} from './types.js';

/** The append-only event store. Every method may fail with LedgerUnavailableError. */
export abstract class Ledger {
  /**
   * Appends all of the command's events or none.
   *
   * Whoever has events for thousands of streams makes a command of each stream and keeps some hundred under way at a
   * time (`maxBatchCommands` for each of `appendConnections`, and as many waiting): they travel together, and a conflict
   * of one is its own. Many streams in one command is for what must be recorded together: it fails as a whole when one
   * of them has moved on. More than `maxQueue` waiting are refused, so it is no good to start all of them at once.
   * @throws LedgerConflictError, IdempotencyMismatchError, EventTooLargeError, InvalidAppendError,
   *   LedgerOverloadedError, LedgerUnavailableError
   */
  abstract append(command: AppendCommand): Promise<AppendResult>;

  /** The whole stream; version 0 and no events when it does not exist. */
  abstract readStream(stream: StreamName): Promise<StreamHistory>;

  /** Several streams in one snapshot and one round trip; every name asked for has an entry. */
  abstract readStreams(streams: readonly StreamName[]): Promise<Map<StreamName, StreamHistory>>;

  /** Versions alone (0: does not exist); cheap enough for every request. */
  abstract heads(streams: readonly StreamName[]): Promise<Map<StreamName, number>>;

  /** By position, ascending. */
  abstract readAll(options: ReadAllOptions): Promise<RecordedEvent[]>;

  abstract head(): Promise<LedgerHead>;

  /** What an earlier append under this key left, so that a repeat is answered before anything is signed. */
  abstract findIdempotent(scope: string, key: string): Promise<IdempotentAppend | undefined>;

  /** Forgets idempotency keys committed before `before`; gives their number. */
  abstract pruneIdempotency(before: Date): Promise<number>;

  /** Follows from a position; never skips, reorders or repeats; outlives lost connections; ends with the signal. */
  abstract follow(options: FollowOptions): AsyncIterable<FollowBatch>;

  /** The erasable fields of an event that have not been erased. */
  abstract readErasable(eventId: string): Promise<ErasableField[]>;

  /** Erases text and salt for ever; the envelope keeps the hash. False: there was nothing (any more). */
  abstract erase(eventId: string, field: string): Promise<boolean>;

  /** Ends followers and connections; appends that wait are refused. */
  abstract close(): Promise<void>;
}
