import { setTimeout as sleep } from 'node:timers/promises';
import { IdempotencyMismatchError, LedgerConflictError } from './errors.js';
import { type Ledger } from './ledger.js';
import { traced } from './tracing.js';
import {
  type Actor,
  type AppendResult,
  type Expectation,
  type Idempotency,
  type NewEvent,
  type RecordedEvent,
  type StreamHistory,
  type StreamName,
  type Timestamp,
} from './types.js';

export interface DecisionContext {
  /** Every stream the decision rests on. */
  readonly streams: readonly StreamName[];
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly idempotency?: Idempotency;
  readonly recordedAt: Timestamp;
  /** How often to decide before a conflict is passed on; 8 unless said otherwise. */
  readonly attempts?: number;
}

export interface Decision<Result> {
  /** None: there is nothing to record (a retry of what is done already). */
  readonly events: readonly NewEvent[];
  /** Streams that the decision loaded by itself, beside the context's. */
  readonly expectations?: readonly Expectation[];
  readonly result: Result;
}

export type Decided<Result> =
  | { readonly outcome: 'appended' | 'unchanged'; readonly events: readonly RecordedEvent[]; readonly result: Result }
  | { readonly outcome: 'repeated'; readonly events: readonly RecordedEvent[] };

/** What was read of a stream, at a version that the append will name. */
export type Versioned = Pick<StreamHistory, 'stream' | 'version'>;

type Decide<Result, Read> = (read: ReadonlyMap<StreamName, Read>) => Decision<Result> | Promise<Decision<Result>>;

type ReadStreams<Read> = () => Promise<ReadonlyMap<StreamName, Read>>;

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

/**
 * Loads the streams, decides, appends at the versions it saw; when one of them has moved on, decides again.
 * A repeat of an idempotent append is answered before `decide` is called. `read` is for those that remember what the
 * streams hold; it is called again before each decision.
 */
export function decideOn<Result, Read extends Versioned>(
  ledger: Ledger,
  context: DecisionContext,
  decide: Decide<Result, Read>,
  read: ReadStreams<Read>,
): Promise<Decided<Result>>;
export function decideOn<Result>(
  ledger: Ledger,
  context: DecisionContext,
  decide: Decide<Result, StreamHistory>,
): Promise<Decided<Result>>;
export function decideOn<Result>(
  ledger: Ledger,
  context: DecisionContext,
  decide: Decide<Result, never>,
  read: ReadStreams<Versioned> = () => ledger.readStreams(context.streams),
): Promise<Decided<Result>> {
  return traced('decide', { 'cartulary.streams': [...context.streams] }, () =>
    decideUntracedOn(ledger, context, decide as Decide<Result, Versioned>, read),
  );
}

async function decideUntracedOn<Result>(
  ledger: Ledger,
  context: DecisionContext,
  decide: Decide<Result, Versioned>,
  read: ReadStreams<Versioned>,
): Promise<Decided<Result>> {
  for (let attempt = 1; ; attempt++) {
    // Side by side: a repeat is rare, and most of the time is the way to Postgres and back.
    const [earlier, streams] = await Promise.all([
      attempt === 1 ? findRepeat(ledger, context.idempotency) : undefined,
      read(),
    ]);
    if (earlier) return earlier;
    const decision = await decide(streams);
    if (decision.events.length === 0) return { outcome: 'unchanged', events: [], result: decision.result };
    try {
      const { outcome, events } = await append(ledger, context, streams, decision);
      return outcome === 'repeated' ? { outcome, events } : { outcome, events, result: decision.result };
    } catch (error) {
      if (!(error instanceof LedgerConflictError) || attempt >= (context.attempts ?? 8)) throw error;
    }
    // Jittered, so that contenders for one stream don't meet again.
    await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
  }
}

async function findRepeat(
  ledger: Ledger,
  idempotency: Idempotency | undefined,
): Promise<{ outcome: 'repeated'; events: readonly RecordedEvent[] } | undefined> {
  if (!idempotency) return undefined;
  const earlier = await ledger.findIdempotent(idempotency.scope, idempotency.key);
  if (!earlier) return undefined;
  if (earlier.fingerprint !== idempotency.fingerprint) throw new IdempotencyMismatchError(idempotency.key);
  return { outcome: 'repeated', events: earlier.events };
}

function append<Result>(
  ledger: Ledger,
  context: DecisionContext,
  streams: ReadonlyMap<StreamName, Versioned>,
  decision: Decision<Result>,
): Promise<AppendResult> {
  const loaded = [...streams.values()].map(({ stream, version }) => ({ stream, version }));
  return ledger.append({
    expectations: [...loaded, ...(decision.expectations ?? [])],
    events: decision.events,
    actor: context.actor,
    correlationId: context.correlationId,
    recordedAt: context.recordedAt,
    ...(context.causationId === undefined ? {} : { causationId: context.causationId }),
    ...(context.idempotency === undefined ? {} : { idempotency: context.idempotency }),
  });
}
