import { encodeEnvelope, type EncodedEnvelope, type EnvelopeFields, MAX_ENVELOPE_BYTES } from './envelope.js';
import { sealField, type SealedField } from './erasable.js';
import { EventTooLargeError, InvalidAppendError } from './errors.js';
import { newEventId } from './event-id.js';
import {
  type AppendCommand,
  type Expectation,
  type Idempotency,
  type NewEvent,
  type RecordedEvent,
  type StreamName,
  type Timestamp,
} from './types.js';

export interface PreparedEvent extends Omit<EnvelopeFields, 'data'>, EncodedEnvelope {
  readonly erasable: readonly SealedField[];
}

/** A command that breaks no rule, its envelopes built: what an adapter needs, before any lock. */
export interface PreparedAppend {
  /** Each stream once. */
  readonly expectations: readonly Expectation[];
  readonly events: readonly PreparedEvent[];
  readonly idempotency: Idempotency | undefined;
  readonly bytes: number;
  /** Of the append's span, if it is traced. */
  readonly traceparent?: string;
}

const STREAM = /^[\x21-\x7e]{1,2200}$/;
const TYPE = /^[A-Z][A-Za-z0-9]{0,99}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const SCOPE_CHARACTERS = 512;
const KEY_CHARACTERS = 255;

export function prepareAppend(command: AppendCommand): PreparedAppend {
  const versions = expectedVersions(command.expectations);
  const expectations = Array.from(versions, ([stream, version]) => ({ stream, version }));
  if (command.events.length === 0) throw new InvalidAppendError('an append has at least one event');
  const recordedAt = Date.parse(command.recordedAt);
  if (!TIMESTAMP.test(command.recordedAt) || Number.isNaN(recordedAt)) {
    throw new InvalidAppendError(`recordedAt is not an RFC 3339 time in UTC with milliseconds: ${command.recordedAt}`);
  }
  const events = command.events.map((event) => prepareEvent(command, event, versions, recordedAt));
  const bytes = events.reduce((sum, event) => sum + event.envelope.length, 0);
  return { expectations, events, idempotency: checkedIdempotency(command.idempotency), bytes };
}

function expectedVersions(expectations: readonly Expectation[]): Map<StreamName, number> {
  const versions = new Map<StreamName, number>();
  for (const { stream, version } of expectations) {
    if (!STREAM.test(stream)) throw new InvalidAppendError(`not a stream name: ${JSON.stringify(stream)}`);
    if (!Number.isSafeInteger(version) || version < 0) throw new InvalidAppendError(`not a version: ${version}`);
    if ((versions.get(stream) ?? version) !== version) {
      throw new InvalidAppendError(`stream ${stream} is expected at two versions`);
    }
    versions.set(stream, version);
  }
  return versions;
}

// `versions` counts on from the expectation while the events of a command are numbered.
function prepareEvent(
  command: AppendCommand,
  event: NewEvent,
  versions: Map<StreamName, number>,
  recordedAt: number,
): PreparedEvent {
  const before = versions.get(event.stream);
  if (before === undefined) throw new InvalidAppendError(`stream ${event.stream} is written without an expectation`);
  if (!TYPE.test(event.type)) throw new InvalidAppendError(`not an event type: ${JSON.stringify(event.type)}`);
  const version = before + 1;
  versions.set(event.stream, version);
  const erasable = sealed(event.erasable);
  const fields = {
    id: newEventId(recordedAt),
    stream: event.stream,
    version,
    type: event.type,
    schemaVersion: event.schemaVersion ?? 1,
    recordedAt: command.recordedAt,
    actor: command.actor,
    correlationId: command.correlationId,
    causationId: command.causationId,
  };
  const encoded = encodeEnvelope(fields, withHashes(event, erasable));
  const bytes = encoded.envelope.length;
  if (bytes > MAX_ENVELOPE_BYTES) throw new EventTooLargeError(event.type, bytes, MAX_ENVELOPE_BYTES);
  return { ...fields, ...encoded, erasable };
}

/** What the caller gets, and everybody reads: data as its JSON tells it, which need not be what was passed in. */
export function recordedEvent(event: PreparedEvent, position: number, committedAt: Timestamp): RecordedEvent {
  const { id, actor, causationId } = event;
  return {
    position,
    stream: event.stream,
    version: event.version,
    type: event.type,
    schemaVersion: event.schemaVersion,
    id,
    recordedAt: event.recordedAt,
    committedAt,
    actor: { id: actor.id, credential: actor.credential },
    correlationId: event.correlationId,
    causationId,
    data: JSON.parse(event.dataText) as RecordedEvent['data'],
    envelope: event.envelope,
    leafHash: event.leafHash,
  };
}

const NOTHING: readonly SealedField[] = [];
const sealed = (texts: NewEvent['erasable']): readonly SealedField[] =>
  texts ? Object.entries(texts).map(([field, value]) => sealField(field, checkedText(value))) : NOTHING;

function withHashes(event: NewEvent, sealed: readonly SealedField[]): object {
  if (sealed.length === 0) return event.data;
  const hashes = sealed.map(({ field, hash }) => [`${field}Hash`, hash] as const);
  return { ...event.data, ...Object.fromEntries(hashes) };
}

// Postgres' text holds no NUL, and an unpaired surrogate would come back as another character than was hashed.
function checkedText(value: string): string {
  if (value.includes('\0') || !value.isWellFormed()) {
    throw new InvalidAppendError('text holds a NUL or an unpaired surrogate');
  }
  return value;
}

function checkedIdempotency(idempotency: Idempotency | undefined): Idempotency | undefined {
  if (!idempotency) return undefined;
  const { scope, key, fingerprint } = idempotency;
  if (scope.length > SCOPE_CHARACTERS || key.length === 0 || key.length > KEY_CHARACTERS) {
    throw new InvalidAppendError('an idempotency key has 1 to 255 characters, its scope at most 512');
  }
  return { scope: checkedText(scope), key: checkedText(key), fingerprint: checkedText(fingerprint) };
}
