import { createHash } from 'node:crypto';
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

// The order of keys is part of the format: bytes are written once and are the Merkle leaf.
export function encodeEnvelope(fields: EnvelopeFields): Buffer {
  const { id, stream, version, type, schemaVersion, recordedAt, actor, correlationId, causationId, data } = fields;
  const { id: actorId, credential } = actor;
  const ordered = {
    id,
    stream,
    version,
    type,
    schemaVersion,
    recordedAt,
    actor: { id: actorId, credential },
    correlationId,
    causationId: causationId ?? null,
    data,
  };
  return Buffer.from(JSON.stringify(ordered), 'utf8');
}

type WireEnvelope = Omit<EnvelopeFields, 'causationId' | 'data'> & {
  readonly causationId: string | null;
  readonly data: RecordedEvent['data'];
};

export interface StoredEvent {
  readonly position: number;
  readonly committedAt: Timestamp;
  readonly envelope: Buffer;
  readonly leafHash: Buffer;
  readonly traceparent?: string | null;
}

/** The event as its envelope tells it, with what the append added. */
export function decodeEvent(stored: StoredEvent): RecordedEvent {
  const wire = JSON.parse(stored.envelope.toString('utf8')) as WireEnvelope;
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
    envelope: stored.envelope,
    leafHash: stored.leafHash,
    ...(stored.traceparent ? { traceparent: stored.traceparent } : {}),
  };
}

const LEAF_PREFIX = Buffer.from([0]);

/** RFC 9162, section 2.1.1: the hash of a leaf is SHA-256(0x00 || leaf). */
export function leafHash(envelope: Buffer): Buffer {
  return createHash('sha256').update(LEAF_PREFIX).update(envelope).digest();
}
