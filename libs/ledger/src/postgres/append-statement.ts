import { type PreparedAppend } from '../prepare-append.js';
import { byteaArray, int4Array, int8Array, textArray, uuidArray } from './binary-arrays.js';

const WRITTEN = ['integer[]', 'integer[]', 'text[]', 'bigint[]', 'bigint[]', 'integer[]', 'integer[]'];
const READ = ['text[]', 'bigint[]', 'integer[]', 'integer[]', 'integer[]'];
const EVENTS = ['integer[]', 'text[]', 'bigint[]', 'text[]', 'uuid[]', 'bytea[]'];
const KEYS = ['integer[]', 'text[]', 'text[]', 'text[]', 'integer[]', 'integer[]'];
const ERASABLE = ['integer[]', 'uuid[]', 'text[]', 'bytea[]', 'text[]'];
const PARAMETERS = [...WRITTEN, ...READ, ...EVENTS, ...KEYS, ...ERASABLE].map(
  (type, index) => `$${index + 1}::${type}`,
);

export const APPEND = {
  name: 'append_batch',
  text: `SELECT * FROM cartulary.append_batch(${PARAMETERS.join(', ')})`,
};

/** With where each event's trace goes on: beside the ledger, in the same transaction. */
const APPEND_TRACED = {
  name: 'append_batch_traced',
  text: `
  WITH traced AS (
    INSERT INTO cartulary.trace_contexts (event_id, traceparent)
    SELECT * FROM unnest($${PARAMETERS.length + 1}::uuid[], $${PARAMETERS.length + 2}::text[]) ON CONFLICT DO NOTHING)
  ${APPEND.text}`,
};

/** What to send for a batch; without a traced command in it, what would be sent if there were no traces at all. */
export const appendStatement = (batch: readonly PreparedAppend[]): { name: string; text: string; values: Buffer[] } => {
  const values = appendValues(batch);
  const traced = batch.filter(({ traceparent }) => traceparent !== undefined);
  if (traced.length === 0) return { ...APPEND, values };
  const ids = traced.flatMap(({ events }) => events.map(({ id }) => id));
  const traces = traced.flatMap(({ events, traceparent }) => events.map(() => traceparent!));
  return { ...APPEND_TRACED, values: [...values, uuidArray(ids), textArray(traces)] };
};

export interface AppendRow {
  /** 0: the row that says what was appended of the batch. */
  readonly command: number;
  readonly outcome: 'appended' | 'repeated' | 'mismatch' | 'conflict';
  readonly first_position: number;
  readonly event_count: number;
  readonly committed_at: Date;
  readonly stream: string;
  readonly actual_version: number;
}

/** The batch as the arguments of append_batch: one array per column. */
export function appendValues(batch: readonly PreparedAppend[]): Buffer[] {
  const columns = new Columns();
  batch.forEach((command, index) => columns.add(index + 1, command));
  return columns.encoded();
}

/** Each stream that a command writes and each version that some only expect once; events, keys and texts as they come. */
class Columns {
  private readonly written = {
    command: [] as number[],
    place: [] as number[],
    stream: [] as string[],
    before: [] as number[],
    after: [] as number[],
    first: [] as number[],
    last: [] as number[],
  };
  private readonly read = { stream: [] as string[], version: [] as number[] };
  private readonly reader = { command: [] as number[], place: [] as number[], of: [] as number[] };
  private readonly event = {
    command: [] as number[],
    stream: [] as string[],
    version: [] as number[],
    type: [] as string[],
    id: [] as string[],
    envelope: [] as Buffer[],
  };
  private readonly key = {
    command: [] as number[],
    scope: [] as string[],
    name: [] as string[],
    fingerprint: [] as string[],
    first: [] as number[],
    events: [] as number[],
  };
  private readonly erasable = {
    command: [] as number[],
    eventId: [] as string[],
    field: [] as string[],
    salt: [] as Buffer[],
    value: [] as string[],
  };
  private readonly known = new Map<string, number>();

  add(command: number, { expectations, events, idempotency }: PreparedAppend): void {
    const first = this.event.command.length + 1;
    for (const event of events) {
      this.event.command.push(command);
      this.event.stream.push(event.stream);
      this.event.version.push(event.version);
      this.event.type.push(event.type);
      this.event.id.push(event.id);
      this.event.envelope.push(event.envelope);
      for (const { field, salt, value } of event.erasable) {
        this.erasable.command.push(command);
        this.erasable.eventId.push(event.id);
        this.erasable.field.push(field);
        this.erasable.salt.push(salt);
        this.erasable.value.push(value);
      }
    }
    const runs = runsOf(events);
    expectations.forEach(({ stream, version }, place) => {
      const run = runs.get(stream);
      if (!run) return this.addReader(command, place, stream, version);
      this.written.command.push(command);
      this.written.place.push(place);
      this.written.stream.push(stream);
      this.written.before.push(version);
      this.written.after.push(run.version);
      this.written.first.push(first + run.first);
      this.written.last.push(first + run.last);
    });
    if (!idempotency) return;
    this.key.command.push(command);
    this.key.scope.push(idempotency.scope);
    this.key.name.push(idempotency.key);
    this.key.fingerprint.push(idempotency.fingerprint);
    this.key.first.push(first);
    this.key.events.push(events.length);
  }

  private addReader(command: number, place: number, stream: string, version: number): void {
    const what = `${version} ${stream}`;
    const known = this.known.get(what);
    if (known === undefined) {
      this.read.stream.push(stream);
      this.read.version.push(version);
      this.known.set(what, this.read.stream.length);
    }
    this.reader.command.push(command);
    this.reader.place.push(place);
    this.reader.of.push(known ?? this.read.stream.length);
  }

  encoded(): Buffer[] {
    const { written, read, reader, event, key, erasable } = this;
    return [
      ...[int4Array(written.command), int4Array(written.place), textArray(written.stream)],
      ...[int8Array(written.before), int8Array(written.after), int4Array(written.first), int4Array(written.last)],
      ...[textArray(read.stream), int8Array(read.version)],
      ...[int4Array(reader.command), int4Array(reader.place), int4Array(reader.of)],
      ...[int4Array(event.command), textArray(event.stream), int8Array(event.version), textArray(event.type)],
      ...[uuidArray(event.id), byteaArray(event.envelope)],
      ...[int4Array(key.command), textArray(key.scope), textArray(key.name), textArray(key.fingerprint)],
      ...[int4Array(key.first), int4Array(key.events)],
      ...[int4Array(erasable.command), uuidArray(erasable.eventId), textArray(erasable.field)],
      ...[byteaArray(erasable.salt), textArray(erasable.value)],
    ];
  }
}

/** Of each written stream: its first and last event's place in the command, and the version that it comes to. */
function runsOf(events: PreparedAppend['events']): Map<string, { first: number; last: number; version: number }> {
  const runs = new Map<string, { first: number; last: number; version: number }>();
  events.forEach(({ stream, version }, index) => {
    runs.set(stream, { first: runs.get(stream)?.first ?? index, last: index, version });
  });
  return runs;
}
