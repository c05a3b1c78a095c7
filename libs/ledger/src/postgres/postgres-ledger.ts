import { setTimeout as sleep } from 'node:timers/promises';
import { IdempotencyMismatchError, LedgerConflictError } from '../errors.js';
import { Ledger } from '../ledger.js';
import { prepareAppend, type PreparedAppend, recordedEvent } from '../prepare-append.js';
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
} from '../types.js';
import { traced } from '../tracing.js';
import { Wakeup } from '../wakeup.js';
import { AppendBatcher } from './append-batcher.js';
import { AppendSender, type Outcome } from './append-sender.js';
import { FollowSteps } from './follow-steps.js';
import { GatheredReads } from './gathered-reads.js';
import { BY_INDEX } from './connection.js';
import { listen } from './listener.js';
import { type PostgresLedgerOptions, type Settings, withDefaults } from './options.js';
import { Reader } from './reader.js';
import * as sql from './statements.js';

type HeadRow = { readonly position: number; readonly committed_at: Date };
type FollowRow = sql.EventRow & { readonly as_of: Date; readonly head: number };
type Page = { readonly batch: FollowBatch; readonly octets: number; readonly seen: number };
type StreamRow = sql.EventRow & { readonly head_stream: string; readonly head_version: number };

const DEFAULT_FOLLOW_BATCH = 500;
const PATIENT_CONNECTIONS = 4;
const FORGET_MS = 600_000;

/** The ledger on Postgres ≥ 15. Connects when first used, and by itself again whenever the connection was lost. */
export class PostgresLedger extends Ledger {
  private readonly settings: Settings;
  private readonly reader: Reader;
  /** For what nobody waits for, and what may be large: followers, long reads, upkeep. */
  private readonly patient: Reader;
  private readonly histories: GatheredReads<StreamHistory>;
  private readonly versions: GatheredReads<number>;
  private readonly senders: readonly AppendSender[];
  private readonly batcher: AppendBatcher;
  private readonly wakeup = new Wakeup();
  private readonly closing = new AbortController();
  private listening: Promise<void> | undefined;
  private partitioning: Promise<void> | undefined;
  private nextPartitionCheck = 0;
  private nextForgetting = 0;

  constructor(options: PostgresLedgerOptions) {
    super();
    this.settings = withDefaults(options);
    const { readConnections, readTimeout } = this.settings;
    const hurried = { connectTimeout: readTimeout, statementTimeout: readTimeout };
    this.reader = new Reader({ ...this.settings, ...hurried }, readConnections, BY_INDEX);
    this.patient = new Reader(this.settings, PATIENT_CONNECTIONS);
    const { gathering } = this.settings;
    this.histories = new GatheredReads((streams) => this.queryHistories(streams), gathering);
    this.versions = new GatheredReads((streams) => this.queryVersions(streams), gathering);
    this.senders = Array.from({ length: this.settings.appendConnections }, () => new AppendSender(this.settings));
    this.batcher = new AppendBatcher(this.senders, this.settings);
  }

  override append(command: AppendCommand): Promise<AppendResult> {
    const attributes = { 'cartulary.correlation_id': command.correlationId };
    return traced('append', attributes, (traceparent) => {
      if (traceparent !== undefined) this.forgetTraces();
      return this.appendOne({ ...prepareAppend(command), ...(traceparent === undefined ? {} : { traceparent }) });
    });
  }

  private async appendOne(prepared: PreparedAppend): Promise<AppendResult> {
    const outcome = await this.batcher.submit(prepared);
    switch (outcome.outcome) {
      case 'appended':
        return { outcome: 'appended', events: this.appended(prepared, outcome) };
      case 'repeated':
        return { outcome: 'repeated', events: await this.readRange(outcome.firstPosition, outcome.eventCount) };
      case 'mismatch':
        throw new IdempotencyMismatchError(prepared.idempotency?.key ?? '');
      case 'conflict':
        throw conflict(prepared, outcome.stream, outcome.actualVersion);
      case 'failed':
        throw outcome.error;
    }
  }

  private appended(
    prepared: PreparedAppend,
    { firstPosition, committedAt }: Extract<Outcome, { outcome: 'appended' }>,
  ): RecordedEvent[] {
    this.preparePartitions(firstPosition);
    const committed = committedAt.toISOString();
    return prepared.events.map((event, index) => recordedEvent(event, firstPosition + index, committed));
  }

  // Whatever follows the events has them long since.
  private forgetTraces(): void {
    const now = performance.now();
    if (now < this.nextForgetting) return;
    this.nextForgetting = now + FORGET_MS;
    this.patient.query('forget_traces', sql.FORGET_TRACES, []).catch(() => undefined);
  }

  // Ahead of need and beside the appends; ledger_append would add a missing partition itself, under its lock.
  private preparePartitions(position: number): void {
    if (this.partitioning || position < this.nextPartitionCheck) return;
    this.nextPartitionCheck = position + this.settings.partitionCheckInterval;
    this.partitioning = this.patient
      .query('ensure_partitions', sql.ENSURE_PARTITIONS, [position + this.settings.partitionCheckInterval])
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => (this.partitioning = undefined));
  }

  private async readRange(first: number, count: number): Promise<RecordedEvent[]> {
    const rows = await this.reader.query<sql.EventRow>('read_positions', sql.READ_POSITIONS, [
      first,
      first + count - 1,
    ]);
    return rows.map(sql.eventOf);
  }

  override async readStream(stream: StreamName): Promise<StreamHistory> {
    return (await this.readStreams([stream])).get(stream)!;
  }

  override async readStreams(streams: readonly StreamName[]): Promise<Map<StreamName, StreamHistory>> {
    const histories = new Map<StreamName, StreamHistory>();
    for (const stream of streams) histories.set(stream, { stream, version: 0, events: [] });
    if (streams.length === 0) return histories;
    const found = await this.histories.of([...histories.keys()]);
    for (const stream of histories.keys()) {
      const history = found.get(stream);
      if (history) histories.set(stream, history);
    }
    return histories;
  }

  private async queryHistories(streams: readonly StreamName[]): Promise<Map<StreamName, StreamHistory>> {
    const histories = new Map<StreamName, StreamHistory & { events: RecordedEvent[] }>();
    for (const row of await this.reader.query<StreamRow>('read_streams', sql.READ_STREAMS, [streams])) {
      const { head_stream: stream, head_version: version } = row;
      const history = histories.get(stream) ?? { stream, version, events: [] };
      history.events.push(sql.eventOf(row));
      histories.set(stream, history);
    }
    return histories;
  }

  override async heads(streams: readonly StreamName[]): Promise<Map<StreamName, number>> {
    const heads = new Map(streams.map((stream) => [stream, 0]));
    if (streams.length === 0) return heads;
    const found = await this.versions.of([...heads.keys()]);
    for (const stream of heads.keys()) heads.set(stream, found.get(stream) ?? 0);
    return heads;
  }

  private async queryVersions(streams: readonly StreamName[]): Promise<Map<StreamName, number>> {
    type Row = { readonly stream: string; readonly version: number };
    const rows = await this.reader.query<Row>('read_heads', sql.READ_HEADS, [streams]);
    return new Map(rows.map(({ stream, version }) => [stream, version]));
  }

  override async readAll({ after, limit, stream, types }: ReadAllOptions): Promise<RecordedEvent[]> {
    const values = [after, limit, types ? [...types] : null];
    const rows =
      stream === undefined
        ? await this.patient.query<sql.EventRow>('read_all', sql.READ_ALL, values)
        : await this.patient.query<sql.EventRow>('read_all_of_stream', sql.READ_ALL_OF_STREAM, [...values, stream]);
    return rows.map(sql.eventOf);
  }

  override async head(): Promise<LedgerHead> {
    const rows = await this.reader.query<HeadRow>('read_head', sql.READ_HEAD, []);
    const { position, committed_at } = rows[0]!;
    return { position, committedAt: committed_at.toISOString() };
  }

  override async findIdempotent(scope: string, key: string): Promise<IdempotentAppend | undefined> {
    type Row = sql.EventRow & { readonly fingerprint: string };
    const rows = await this.reader.query<Row>('find_idempotent', sql.FIND_IDEMPOTENT, [scope, key]);
    return rows[0] && { fingerprint: rows[0].fingerprint, events: rows.map(sql.eventOf) };
  }

  override async pruneIdempotency(before: Date): Promise<number> {
    type Row = { readonly pruned: number };
    return (await this.patient.query<Row>('prune_idempotency', sql.PRUNE_IDEMPOTENCY, [before]))[0]!.pruned;
  }

  override async *follow(options: FollowOptions): AsyncIterable<FollowBatch> {
    const { after, batchSize = DEFAULT_FOLLOW_BATCH, types } = options;
    const ended = AbortSignal.any([options.signal, this.closing.signal]);
    this.listening ??= listen(this.settings, this.wakeup, this.closing.signal);
    const steps = new FollowSteps(batchSize, sql.areRare(types));
    let ahead: Promise<Page | undefined> | undefined;
    for (let position = after; !ended.aborted;) {
      const page = await (ahead ?? this.readPage(position, steps, types));
      ahead = undefined;
      if (ended.aborted) return;
      if (!page) {
        await sleep(this.settings.pollInterval, undefined, { signal: ended }).catch(() => undefined);
        continue;
      }
      const { batch, octets, seen } = page;
      position = batch.position;
      steps.learn(batch.events.length, octets);
      // What comes next is on its way while this is handled.
      if (!batch.caughtUp) ahead = this.readPage(position, steps, types);
      yield batch;
      if (batch.caughtUp) await this.wakeup.wait(seen, this.settings.pollInterval, ended);
    }
  }

  /** Never rejects: a read that failed is reported, and tried again by who follows. */
  private async readPage(after: number, steps: FollowSteps, types?: readonly string[]): Promise<Page | undefined> {
    const seen = this.wakeup.generation;
    try {
      return { ...(await this.readAfter(after, steps, types)), seen };
    } catch (error) {
      this.settings.onTrouble('follow', error);
      return undefined;
    }
  }

  private async readAfter(
    after: number,
    { positions, events: limit }: FollowSteps,
    types?: readonly string[],
  ): Promise<Omit<Page, 'seen'>> {
    const { name, text } = sql.followStatement(sql.areRare(types) ? 'rare' : 'all', this.settings.traces);
    const values = [after, positions, types ? [...types] : null, limit];
    const rows = await this.patient.query<FollowRow>(name, text, values);
    const { as_of: asOf, head } = rows.pop()!;
    const events = rows.map(sql.eventOf);
    const end = Math.min(after + positions, Math.max(head, after));
    // A full page says nothing of what lies behind its last event.
    const position = events.length < limit ? end : events.at(-1)!.position;
    const octets = rows.reduce((sum, { envelope }) => sum + envelope.length, 0);
    return { batch: { events, asOf, caughtUp: position >= head, position, head }, octets };
  }

  override async readErasable(eventId: string): Promise<ErasableField[]> {
    return this.reader.query<ErasableField>('read_erasable', sql.READ_ERASABLE, [eventId]);
  }

  override async erase(eventId: string, field: string): Promise<boolean> {
    type Row = { readonly erased: boolean };
    return (await this.reader.query<Row>('erase', sql.ERASE, [eventId, field]))[0]!.erased;
  }

  override async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await this.batcher.close();
    await Promise.allSettled([this.listening, this.partitioning, ...this.senders.map((sender) => sender.close())]);
    await Promise.all([this.reader.close(), this.patient.close()]);
  }
}

function conflict(prepared: PreparedAppend, stream: StreamName, actual: number): LedgerConflictError {
  const expected = prepared.expectations.find((expectation) => expectation.stream === stream);
  return new LedgerConflictError(stream, expected?.version ?? 0, actual);
}
