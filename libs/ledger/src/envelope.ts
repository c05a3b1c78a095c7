import { createHash, hash } from 'node:crypto';
import { type Actor, type RecordedEvent, type Timestamp } from './types.js';

/** Tile entries have 16-bit lengths. */
export const MAX_ENVELOPE_BYTES = 65_535;

export interface EnvelopeFields {
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly recordedAt: Timestamp;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  readonly data: object;
}

export interface EncodedEnvelope {
  readonly envelope: Buffer;
  readonly leafHash: Buffer;
  /** The envelope's `data`, as it stands there. */
  readonly dataText: string;
}

const LEAF_PREFIX = '\0';
const HASH_BYTES = 32;

// The order of keys is part of the format: bytes are written once and are the Merkle leaf.
export function encodeEnvelope(fields: Omit<EnvelopeFields, 'data'>, data: object): EncodedEnvelope {
  const head = JSON.stringify({
    id: fields.id,
    stream: fields.stream,
    version: fields.version,
    type: fields.type,
    schemaVersion: fields.schemaVersion,
    recordedAt: fields.recordedAt,
    actor: { id: fields.actor.id, credential: fields.actor.credential },
    correlationId: fields.correlationId,
    causationId: fields.causationId ?? null,
  });
  const dataText = JSON.stringify(data);
  const leaf = `${LEAF_PREFIX}${head.slice(0, -1)},"data":${dataText}}`;
  // One piece of memory for the leaf and its hash: every Buffer is an object for the collector.
  const bytes = Buffer.allocUnsafe(Buffer.byteLength(leaf, 'utf8') + HASH_BYTES);
  const end = bytes.write(leaf, 0, 'utf8');
  bytes.write(hash('sha256', leaf, 'binary'), end, 'latin1');
  return { envelope: bytes.subarray(1, end), leafHash: bytes.subarray(end), dataText };
}

type WireEnvelope = Omit<EnvelopeFields, 'causationId' | 'data'> & {
  readonly causationId: string | null;
  readonly data: RecordedEvent['data'];
};

export interface StoredEvent {
  readonly position: number;
  readonly committedAt: Timestamp;
  /** The envelope. */
  readonly text: string;
  readonly leafHash: () => Buffer;
  readonly traceparent?: string | null;
}

/**
 * The event as its envelope tells it, with what the append added. Its octets are made when somebody first asks for them:
 * who folds a million events does not.
 */
export function decodeEvent(stored: StoredEvent): RecordedEvent {
  const { text } = stored;
  const wire = JSON.parse(text) as WireEnvelope;
  let envelope: Buffer | undefined;
  let hash: Buffer | undefined;
  return {
    position: stored.position,
    stream: wire.stream,
    version: wire.version,
    type: wire.type,
    schemaVersion: wire.schemaVersion,
    id: wire.id,
    recordedAt: wire.recordedAt,
    committedAt: stored.committedAt,
    actor: wire.actor,
    correlationId: wire.correlationId,
    causationId: wire.causationId ?? undefined,
    data: wire.data,
    get envelope() {
      return (envelope ??= Buffer.from(text, 'utf8'));
    },
    get leafHash() {
      return (hash ??= stored.leafHash());
    },
    ...(stored.traceparent ? { traceparent: stored.traceparent } : {}),
  };
}

/** RFC 9162, section 2.1.1: the hash of a leaf is SHA-256(0x00 || leaf). */
export function leafHash(envelope: Buffer): Buffer {
  return createHash('sha256').update(LEAF_PREFIX).update(envelope).digest();
}
