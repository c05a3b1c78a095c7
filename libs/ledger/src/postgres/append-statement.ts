import { type PreparedAppend } from '../prepare-append.js';

const CASTS = [
  'integer',
  'integer[]', 'text[]', 'bigint[]',
  'integer[]', 'text[]', 'bigint[]', 'text[]', 'uuid[]', 'integer[]', 'integer[]', 'bytea',
  'integer[]', 'text[]', 'text[]', 'text[]',
  'integer[]', 'uuid[]', 'text[]', 'bytea[]', 'text[]',
]; // prettier-ignore

export const APPEND = {
  name: 'ledger_append',
  text: `SELECT * FROM cartulary.ledger_append(${CASTS.map((cast, index) => `$${index + 1}::${cast}`).join(', ')})`,
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
  const keys = numbered(batch.map(({ idempotency }) => (idempotency ? [idempotency] : [])));
  const erasable = events.flatMap(([command, { id, erasable }]) =>
    erasable.map((field) => [command, id, field] as const),
  );
  const lengths = events.map(([, { envelope }]) => envelope.length);
  let end = 1;
  const offsets = lengths.map((length) => (end += length) - length);
  return [
    batch.length,
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
    keys.map(([command]) => command),
    keys.map(([, { scope }]) => scope),
    keys.map(([, { key }]) => key),
    keys.map(([, { fingerprint }]) => fingerprint),
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
