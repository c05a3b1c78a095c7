import { type PreparedAppend } from '../prepare-append.js';

const EXPECTATIONS = ['integer[]', 'text[]', 'bigint[]'];
const ENVELOPES = ['integer[]', 'integer[]', 'bytea'];
const EVENTS = ['integer[]', 'text[]', 'bigint[]', 'text[]', 'uuid[]', ...ENVELOPES, 'integer[]'];
const KEYS = ['text[]', 'text[]', 'text[]'];
const ERASABLE = ['integer[]', 'uuid[]', 'text[]', 'bytea[]', 'text[]'];
const PARAMETERS = [...EXPECTATIONS, ...EVENTS, ...KEYS, ...ERASABLE].map((type, index) => `$${index + 1}::${type}`);

export const APPEND = {
  name: 'ledger_append',
  text: `SELECT * FROM cartulary.ledger_append(${PARAMETERS.join(', ')})`,
};

/** With where each event's trace goes on: beside the ledger, in the same transaction. */
const APPEND_TRACED = {
  name: 'ledger_append_traced',
  text: `
  WITH traced AS (
    INSERT INTO cartulary.trace_contexts (event_id, traceparent)
    SELECT * FROM unnest($${PARAMETERS.length + 1}::uuid[], $${PARAMETERS.length + 2}::text[]) ON CONFLICT DO NOTHING)
  ${APPEND.text}`,
};

/** What to send for a batch; without a traced command in it, what would be sent if there were no traces at all. */
export const appendStatement = (
  batch: readonly PreparedAppend[],
): { name: string; text: string; values: unknown[] } => {
  const values = appendValues(batch);
  const traces = batch.flatMap(({ events, traceparent }) =>
    traceparent === undefined ? [] : events.map(({ id }) => [id, traceparent] as const),
  );
  if (traces.length === 0) return { ...APPEND, values };
  return { ...APPEND_TRACED, values: [...values, traces.map(([id]) => id), traces.map(([, trace]) => trace)] };
};

export interface AppendRow {
  readonly command: number;
  readonly outcome: 'appended' | 'repeated' | 'mismatch' | 'conflict';
  readonly first_position: number;
  readonly event_count: number;
  readonly committed_at: Date;
  readonly stream: string;
  readonly actual_version: number;
}

/** The batch as the arguments of ledger_append: one array per column, envelopes in one piece. */
export function appendValues(batch: readonly PreparedAppend[]): unknown[] {
  const expectations = numbered(batch.map(({ expectations }) => expectations));
  const events = numbered(batch.map(({ events }) => events));
  const erasable = events.flatMap(([command, { id, erasable }]) =>
    erasable.map((field) => [command, id, field] as const),
  );
  const lengths = events.map(([, { envelope }]) => envelope.length);
  let end = 1;
  const offsets = lengths.map((length) => (end += length) - length);
  const firsts = batch.flatMap((command) => command.events.map((_event, index) => (index === 0 ? command : undefined)));
  const keys = batch.some(({ idempotency }) => idempotency) ? firsts.map((command) => command?.idempotency) : [];
  return [
    expectations.map(([command]) => command),
    expectations.map(([, { stream }]) => stream),
    expectations.map(([, { version }]) => version),
    events.map(([command]) => command),
    events.map(([, { stream }]) => stream),
    events.map(([, { version }]) => version),
    events.map(([, { type }]) => type),
    events.map(([, { id }]) => id),
    offsets,
    lengths,
    Buffer.concat(events.map(([, { envelope }]) => envelope)),
    firsts.map((command) => command?.events.length ?? null),
    keys.map((key) => key?.scope ?? null),
    keys.map((key) => key?.key ?? null),
    keys.map((key) => key?.fingerprint ?? null),
    erasable.map(([command]) => command),
    erasable.map(([, id]) => id),
    erasable.map(([, , { field }]) => field),
    erasable.map(([, , { salt }]) => salt),
    erasable.map(([, , { value }]) => value),
  ];
}

/** Each item with the number of its command, from 1. */
const numbered = <Item>(lists: readonly (readonly Item[])[]): (readonly [number, Item])[] =>
  lists.flatMap((list, index) => list.map((item) => [index + 1, item] as const));
