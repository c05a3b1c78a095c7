import { decodeEvent } from '../envelope.js';
import { type RecordedEvent } from '../types.js';

export interface EventRow {
  readonly position: number;
  readonly committed_at: Date;
  readonly envelope: string;
  /** Hexadecimal. */
  readonly leaf_hash: string;
  readonly traceparent?: string | null;
}

// Envelopes are UTF-8 without NUL: as text they travel at half the size of bytea's hexadecimal form.
const EVENT = `e.position, e.committed_at, convert_from(e.envelope, 'UTF8') AS envelope, encode(e.leaf_hash, 'hex') AS leaf_hash`;

export const eventOf = (row: EventRow): RecordedEvent =>
  decodeEvent({
    position: row.position,
    committedAt: timestampOf(row.committed_at),
    text: row.envelope,
    leafHash: () => Buffer.from(row.leaf_hash, 'hex'),
    ...(row.traceparent ? { traceparent: row.traceparent } : {}),
  });

// Events of one batch have one commit time, and that is one Date: see `connection.ts`.
let last: { time: Date | undefined; text: string } = { time: undefined, text: '' };
function timestampOf(time: Date): string {
  if (time !== last.time) last = { time, text: time.toISOString() };
  return last.text;
}

// A stream's first event is where its head says; later ones have an index of their own. The positions leave all other
// partitions untouched. That versions are below the head's says nothing new but to the planner: without statistics it
// would prefer the positions' index.
const COLUMNS = 'e.position, e.committed_at, e.envelope, e.leaf_hash';
const ofStream = (columns: string, condition = 'true'): string => `(
  SELECT ${columns} FROM cartulary.events e WHERE e.position = h.first_position AND ${condition}
  UNION ALL
  SELECT ${columns} FROM cartulary.events e
  WHERE h.version > 1 AND e.stream = h.stream AND e.version > 1 AND e.version <= h.version
    AND e.position BETWEEN h.first_position AND h.last_position AND ${condition})`;

export const READ_STREAMS = `
  SELECT h.stream AS head_stream, h.version AS head_version, ${EVENT}
  FROM cartulary.stream_heads h CROSS JOIN LATERAL ${ofStream(COLUMNS)} e
  WHERE h.stream = ANY ($1::text[]) ORDER BY e.position`;

export const READ_HEADS = 'SELECT stream, version FROM cartulary.stream_heads WHERE stream = ANY ($1::text[])';

export const READ_HEAD = 'SELECT position, committed_at FROM cartulary.ledger_head';

export const READ_ALL = `
  SELECT ${EVENT} FROM cartulary.events e
  WHERE e.position > $1 AND ($3::text[] IS NULL OR e.type = ANY ($3)) ORDER BY e.position LIMIT $2`;

export const READ_ALL_OF_STREAM = `
  SELECT ${EVENT} FROM cartulary.stream_heads h
  CROSS JOIN LATERAL ${ofStream(COLUMNS, '($3::text[] IS NULL OR e.type = ANY ($3))')} e
  WHERE h.stream = $4 AND e.position > $1 ORDER BY e.position LIMIT $2`;

export const READ_POSITIONS = `
  SELECT ${EVENT} FROM cartulary.events e WHERE e.position BETWEEN $1 AND $2 ORDER BY e.position`;

export const FIND_IDEMPOTENT = `
  SELECT i.fingerprint, ${EVENT} FROM cartulary.idempotency i
  JOIN cartulary.events e ON e.position BETWEEN i.first_position AND i.first_position + i.event_count - 1
  WHERE i.scope = $1 AND i.key = $2 ORDER BY e.position`;

// The last row, which has no event, says when and how far: of the same snapshot as the events before it. Both halves come
// by position, so that nothing is sorted and rows are sent while others are read. now() is the start of the (implicit)
// transaction, taken before its snapshot; statement_timestamp() is not: with the extended protocol it is the moment of
// Execute, and the snapshot that of Bind.
const follow = (columns: string, nothing: string, joins: string, condition: string): string => `
  (SELECT ${columns}, NULL::timestamptz AS as_of, NULL::bigint AS head FROM cartulary.events e ${joins}
  WHERE e.position > $1 AND e.position <= $1 + $2::bigint AND ${condition} ORDER BY e.position LIMIT $4)
  UNION ALL
  SELECT ${nothing}, now(), h.position FROM cartulary.ledger_head h
  ORDER BY position`;

const NO_EVENT = 'NULL::bigint, NULL::timestamptz, NULL::text, NULL::text';
const CONDITIONS = {
  all: '($3::text[] IS NULL OR e.type = ANY ($3))',
  // As the index says it.
  rare: `e.type = ANY ($3::text[]) AND e.type <> 'CertificateIssued'`,
};

/** Whether the index on types has all of these. */
export const areRare = (types: readonly string[] | undefined): types is readonly string[] =>
  types !== undefined && !types.includes('CertificateIssued');

/** After $1, at most $2 positions and $4 events, of the types $3. */
export const followStatement = (kind: 'all' | 'rare', traced: boolean): { name: string; text: string } =>
  traced
    ? {
        name: `follow_${kind}_traced`,
        text: follow(`${EVENT}, t.traceparent`, `${NO_EVENT}, NULL::text`, TRACES, CONDITIONS[kind]),
      }
    : { name: `follow_${kind}`, text: follow(EVENT, NO_EVENT, '', CONDITIONS[kind]) };

const TRACES = 'LEFT JOIN cartulary.trace_contexts t ON t.event_id = e.event_id';
export const FORGET_TRACES = `DELETE FROM cartulary.trace_contexts WHERE noted_at < now() - interval '1 hour'`;

export const PRUNE_IDEMPOTENCY = 'SELECT cartulary.prune_idempotency($1) AS pruned';

export const READ_ERASABLE =
  'SELECT field, salt, value FROM cartulary.erasable_fields WHERE event_id = $1 ORDER BY field';

export const ERASE = 'SELECT cartulary.erase_field($1, $2) AS erased';

export const ENSURE_PARTITIONS = 'SELECT cartulary.ensure_partitions($1)';

// What became of commands whose answer was lost: the first event of each, by stream and version.
export const LOOK_UP = `
  SELECT asked.ordinality AS number, e.event_id, e.position, e.committed_at
  FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS asked (stream, version, ordinality)
  JOIN cartulary.stream_heads h ON h.stream = asked.stream
  CROSS JOIN LATERAL ${ofStream('e.event_id, e.position, e.committed_at, e.version')} e
  WHERE e.version = asked.version`;

// Ends the session of a lost connection, so that what it was doing can't be committed later.
export const END_SESSION = `
  SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
  WHERE application_name = $1 AND usename = current_user AND pid <> pg_backend_pid()`;
