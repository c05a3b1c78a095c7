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
  /**
   * Those of them that can only be new (named by a number drawn just now): not read, and expected not to exist. Should one
   * exist all the same, it is read when it is decided again.
   */
  readonly fresh?: readonly StreamName[];
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

type Decide<Result> = (
  histories: ReadonlyMap<StreamName, StreamHistory>,
) => Decision<Result> | Promise<Decision<Result>>;

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 100;

/**
 * Loads the streams, decides, appends at the versions it saw; when one of them has moved on, decides again.
 * A repeat of an idempotent append is answered before `decide` is called.
 */
export function decideOn<Result>(
  ledger: Ledger,
  context: DecisionContext,
  decide: Decide<Result>,
): Promise<Decided<Result>> {
  return traced('decide', { 'cartulary.streams': [...context.streams] }, () =>
    decideUntracedOn(ledger, context, decide),
  );
}

async function decideUntracedOn<Result>(
  ledger: Ledger,
  context: DecisionContext,
  decide: Decide<Result>,
): Promise<Decided<Result>> {
  for (let attempt = 1; ; attempt++) {
    // Side by side: a repeat is rare, and most of the time is the way to Postgres and back.
    const [earlier, histories] = await Promise.all([
      attempt === 1 ? findRepeat(ledger, context.idempotency) : undefined,
      read(ledger, context, attempt),
    ]);
    if (earlier) return earlier;
    const decision = await decide(histories);
    if (decision.events.length === 0) return { outcome: 'unchanged', events: [], result: decision.result };
    try {
      const { outcome, events } = await append(ledger, context, histories, decision);
      return outcome === 'repeated' ? { outcome, events } : { outcome, events, result: decision.result };
    } catch (error) {
      if (!(error instanceof LedgerConflictError) || attempt >= (context.attempts ?? 8)) throw error;
    }
    // Jittered, so that contenders for one stream don't meet again.
    await sleep(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
  }
}

async function read(
  ledger: Ledger,
  { streams, fresh = [] }: DecisionContext,
  attempt: number,
): Promise<Map<StreamName, StreamHistory>> {
  if (fresh.length === 0 || attempt > 1) return ledger.readStreams([...streams, ...fresh]);
  const histories = await ledger.readStreams(streams.filter((stream) => !fresh.includes(stream)));
  for (const stream of fresh) histories.set(stream, { stream, version: 0, events: [] });
  return histories;
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
  histories: ReadonlyMap<StreamName, StreamHistory>,
  decision: Decision<Result>,
): Promise<AppendResult> {
  const loaded = [...histories.values()].map(({ stream, version }) => ({ stream, version }));
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
