/** The name of a stream: the aggregate's prefix, a hyphen, its id (`certificate-01ab…`). ASCII without spaces, at most 2 200 characters. */
export type StreamName = string;

/** RFC 3339, UTC, milliseconds: `2026-01-31T12:00:00.000Z`. */
export type Timestamp = string;

/** The index of an event in the ledger, from 1, without a gap; a safe integer. 0 is "before the first". */
export type Position = number;

/** Who did it, and by which credential (`certificate:<serial>`, `token:<id>`, `system`). */
export interface Actor {
  readonly id: string;
  readonly credential: string;
}

/** The version a stream must have for a decision to hold; 0: it must not exist. */
export interface Expectation {
  readonly stream: StreamName;
  readonly version: number;
}

export interface NewEvent {
  readonly stream: StreamName;
  readonly type: string;
  /** JSON-native: strings, finite numbers, booleans, null, arrays, objects. */
  readonly data: object;
  /** 1 unless said otherwise. */
  readonly schemaVersion?: number;
  /**
   * Personal or free text by field name. The envelope's data gets `<field>Hash`, the base64 SHA-256 of salt and
   * text; text and salt lie beside the ledger, where they can be erased.
   */
  readonly erasable?: Readonly<Record<string, string>>;
}

export interface Idempotency {
  /** Who may repeat it, so that keys of different callers never meet; at most 512 characters. */
  readonly scope: string;
  /** At most 255 characters. */
  readonly key: string;
  /** A digest of the request: the same key with another fingerprint is a mistake and is refused. */
  readonly fingerprint: string;
}

export interface AppendCommand {
  /** Every stream that the decision rests on, also those only read; a written stream must be among them. */
  readonly expectations: readonly Expectation[];
  /** At least one; they become consecutive positions in this order. */
  readonly events: readonly NewEvent[];
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly idempotency?: Idempotency;
  readonly recordedAt: Timestamp;
}

export interface RecordedEvent<Type extends string = string, Data = Readonly<Record<string, unknown>>> {
  readonly position: Position;
  readonly stream: StreamName;
  readonly version: number;
  readonly type: Type;
  readonly schemaVersion: number;
  /** UUIDv7. */
  readonly id: string;
  readonly recordedAt: Timestamp;
  /** Monotone over positions; set while the append held the lock. */
  readonly committedAt: Timestamp;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  readonly data: Data;
  /** The bytes as written: UTF-8 JSON, the Merkle leaf. */
  readonly envelope: Buffer;
  /** RFC 9162, section 2.1.1: SHA-256(0x00 || envelope). */
  readonly leafHash: Buffer;
  /** W3C Trace Context of what recorded or sent it, where that was traced: telemetry, and no part of the event. */
  readonly traceparent?: string;
}

export interface AppendResult {
  /** `repeated`: the idempotency key was used before for the same request; the events are the original's. */
  readonly outcome: 'appended' | 'repeated';
  readonly events: readonly RecordedEvent[];
}

export interface StreamHistory {
  readonly stream: StreamName;
  /** 0: the stream does not exist. */
  readonly version: number;
  readonly events: readonly RecordedEvent[];
}

export interface ReadAllOptions {
  readonly after: Position;
  readonly limit: number;
  readonly stream?: StreamName;
  readonly types?: readonly string[];
}

export interface LedgerHead {
  /** 0: the ledger is empty. */
  readonly position: Position;
  readonly committedAt: Timestamp;
}

export interface IdempotentAppend {
  readonly fingerprint: string;
  readonly events: readonly RecordedEvent[];
}

export interface ErasableField {
  readonly field: string;
  readonly salt: Buffer;
  readonly value: string;
}

export interface FollowOptions {
  readonly after: Position;
  /** Ends the iteration (without an error). */
  readonly signal: AbortSignal;
  /** Positions per read, 500 unless said otherwise. */
  readonly batchSize?: number;
  /** Only these types; positions of others are passed over. */
  readonly types?: readonly string[];
}

export interface FollowBatch {
  /** In the order of positions; empty when the read found nothing new. */
  readonly events: readonly RecordedEvent[];
  /** The database's clock before the read's snapshot: with `caughtUp`, every append acknowledged before it has been seen. */
  readonly asOf: Date;
  readonly caughtUp: boolean;
  /** Everything up to here has been delivered or passed over; continue after it. */
  readonly position: Position;
  /** The ledger's last position at the read. */
  readonly head: Position;
}
