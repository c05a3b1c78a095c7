import { IdempotencyMismatchError, LedgerConflictError, LedgerUnavailableError } from '../errors.js';
import { Ledger } from '../ledger.js';
import { prepareAppend, type PreparedAppend, recordedEvent } from '../prepare-append.js';
import {
  type AppendCommand,
  type AppendResult,
  type ErasableField,
  type FollowBatch,
  type FollowOptions,
  type Idempotency,
  type IdempotentAppend,
  type LedgerHead,
  type ReadAllOptions,
  type RecordedEvent,
  type StreamHistory,
  type StreamName,
} from '../types.js';
import { Wakeup } from '../wakeup.js';

export interface InMemoryLedgerOptions {
  /** The "database's" clock. */
  readonly now?: () => Date;
  /** Milliseconds after which a follower looks again without being woken; 250. */
  readonly pollInterval?: number;
}

interface Used {
  readonly idempotency: Idempotency;
  readonly committedAt: number;
  readonly events: readonly RecordedEvent[];
}

const monotonicNow = (): Date => new Date(performance.timeOrigin + performance.now());

/** The ledger of unit tests: held to the same contract as PostgresLedger, forgets everything. */
export class InMemoryLedger extends Ledger {
  private readonly events: RecordedEvent[] = [];
  private readonly versions = new Map<StreamName, number>();
  private readonly used = new Map<string, Used>();
  private readonly erasable = new Map<string, ErasableField[]>();
  private readonly wakeup = new Wakeup();
  private readonly closed = new AbortController();
  private readonly now: () => Date;
  private readonly pollInterval: number;
  /** While true, every call fails with LedgerUnavailableError and followers see nothing. */
  unavailable = false;

  constructor(options: InMemoryLedgerOptions = {}) {
    super();
    this.now = options.now ?? monotonicNow;
    this.pollInterval = options.pollInterval ?? 250;
  }

  // Async, so that a broken rule is a rejection and not an exception, as with every other adapter.
  override async append(command: AppendCommand): Promise<AppendResult> {
    const prepared = prepareAppend(command);
    await this.available();
    const repeated = this.repeated(prepared.idempotency);
    if (repeated) return repeated;
    for (const { stream, version } of prepared.expectations) {
      const actual = this.versions.get(stream) ?? 0;
      if (actual !== version) throw new LedgerConflictError(stream, version, actual);
    }
    return { outcome: 'appended', events: this.commit(prepared) };
  }

  private repeated(idempotency: Idempotency | undefined): AppendResult | undefined {
    const used = idempotency && this.used.get(idempotencyId(idempotency.scope, idempotency.key));
    if (!used) return undefined;
    if (used.idempotency.fingerprint !== idempotency.fingerprint) throw new IdempotencyMismatchError(idempotency.key);
    return { outcome: 'repeated', events: used.events };
  }

  private commit(prepared: PreparedAppend): readonly RecordedEvent[] {
    const last = this.events.at(-1);
    const committedAt = Math.max(this.now().getTime(), last ? Date.parse(last.committedAt) : 0);
    const recorded = prepared.events.map((event, index) => {
      const { id, stream, version, erasable } = event;
      this.versions.set(stream, version);
      if (erasable.length > 0) {
        this.erasable.set(
          id,
          erasable.map(({ field, salt, value }) => ({ field, salt, value })),
        );
      }
      return recordedEvent(event, this.events.length + index + 1, new Date(committedAt).toISOString());
    });
    this.events.push(...recorded);
    const { idempotency } = prepared;
    if (idempotency) {
      const id = idempotencyId(idempotency.scope, idempotency.key);
      this.used.set(id, { idempotency, committedAt, events: recorded });
    }
    this.wakeup.wake();
    return recorded;
  }

  override async readStream(stream: StreamName): Promise<StreamHistory> {
    await this.available();
    return this.history(stream);
  }

  override async readStreams(streams: readonly StreamName[]): Promise<Map<StreamName, StreamHistory>> {
    await this.available();
    return new Map(streams.map((stream) => [stream, this.history(stream)]));
  }

  private history(stream: StreamName): StreamHistory {
    const events = this.events.filter((event) => event.stream === stream);
    return { stream, version: this.versions.get(stream) ?? 0, events };
  }

  override async heads(streams: readonly StreamName[]): Promise<Map<StreamName, number>> {
    await this.available();
    return new Map(streams.map((stream) => [stream, this.versions.get(stream) ?? 0]));
  }

  override async readAll({ after, limit, stream, types }: ReadAllOptions): Promise<RecordedEvent[]> {
    await this.available();
    return this.events
      .slice(after)
      .filter((event) => (stream === undefined || event.stream === stream) && (types?.includes(event.type) ?? true))
      .slice(0, limit);
  }

  override async head(): Promise<LedgerHead> {
    await this.available();
    const committedAt = this.events.at(-1)?.committedAt ?? new Date(0).toISOString();
    return { position: this.events.length, committedAt };
  }

  override async findIdempotent(scope: string, key: string): Promise<IdempotentAppend | undefined> {
    await this.available();
    const used = this.used.get(idempotencyId(scope, key));
    return used && { fingerprint: used.idempotency.fingerprint, events: used.events };
  }

  override async pruneIdempotency(before: Date): Promise<number> {
    await this.available();
    const old = [...this.used].filter(([, { committedAt }]) => committedAt < before.getTime());
    for (const [id] of old) this.used.delete(id);
    return old.length;
  }

  override async *follow({ after, signal, batchSize = 500, types }: FollowOptions): AsyncIterable<FollowBatch> {
    const ended = AbortSignal.any([signal, this.closed.signal]);
    for (let position = after; !ended.aborted;) {
      const seen = this.wakeup.generation;
      let caughtUp = false;
      if (!this.unavailable) {
        const asOf = this.now();
        const window = this.events.slice(position, position + batchSize);
        position += window.length;
        caughtUp = position >= this.events.length;
        const events = types ? window.filter(({ type }) => types.includes(type)) : window;
        yield { events, asOf, caughtUp, position, head: this.events.length };
      }
      if (caughtUp || this.unavailable) await this.wakeup.wait(seen, this.pollInterval, ended);
    }
  }

  override async readErasable(eventId: string): Promise<ErasableField[]> {
    await this.available();
    return [...(this.erasable.get(eventId) ?? [])];
  }

  override async erase(eventId: string, field: string): Promise<boolean> {
    await this.available();
    const fields = this.erasable.get(eventId) ?? [];
    const kept = fields.filter((candidate) => candidate.field !== field);
    this.erasable.set(eventId, kept);
    return kept.length < fields.length;
  }

  override close(): Promise<void> {
    this.closed.abort();
    return Promise.resolve();
  }

  private available(): Promise<void> {
    if (this.unavailable || this.closed.signal.aborted) throw new LedgerUnavailableError('it was switched off');
    return Promise.resolve();
  }
}

const idempotencyId = (scope: string, key: string): string => JSON.stringify([scope, key]);
