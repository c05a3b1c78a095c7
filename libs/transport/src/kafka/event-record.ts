import { cloudEventSource, cloudEventType, eventContentType, eventSchemaId } from '@cartulary/contracts';
import { type RecordedEvent, leafHash } from '@cartulary/ledger';
import { type IHeaders, type Message } from 'kafkajs';

/** A record that does not say what an event's record must say, or whose envelope is not the one it names. */
export class MalformedRecordError extends Error {
  readonly code = 'MALFORMED_RECORD';
  override readonly name = 'MalformedRecordError';
}

interface Head {
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly recordedAt: string;
  readonly actor: { readonly id: string; readonly credential: string };
  readonly correlationId: string;
  readonly causationId: string | undefined;
}

type Fields = Omit<Head, 'causationId'> & Pick<RecordedEvent, 'data'> & { readonly causationId: string | null };

/** The envelope's bytes up to its data: keys in the ledger's order. */
const headOf = (event: Head): Buffer => {
  const { id, stream, version, type, schemaVersion, recordedAt, actor, correlationId, causationId } = event;
  const ordered = {
    id,
    stream,
    version,
    type,
    schemaVersion,
    recordedAt,
    actor: { id: actor.id, credential: actor.credential },
    correlationId,
    causationId: causationId ?? null,
  };
  return Buffer.from(`${JSON.stringify(ordered).slice(0, -1)},"data":`);
};
const TAIL = Buffer.from('}');

/** CloudEvents 1.0, Kafka protocol binding, binary mode: the value is `data` as it stands in the envelope. */
export function encodeEventRecord(
  event: RecordedEvent,
  trustDomain: string,
  traceparent?: string,
): Message & { key: string; value: Buffer; timestamp: string } {
  const head = headOf(event);
  if (!event.envelope.subarray(0, head.length).equals(head)) {
    throw new MalformedRecordError(`the envelope at position ${event.position} is not in the ledger's form`);
  }
  const type = cloudEventType(event.type, event.schemaVersion, event.stream);
  const headers: IHeaders = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: cloudEventSource(trustDomain),
    ce_type: type,
    ce_subject: event.stream,
    ce_time: event.committedAt,
    ce_dataschema: eventSchemaId(type),
    ce_position: String(event.position),
    ce_eventtype: event.type,
    ce_schemaversion: String(event.schemaVersion),
    ce_streamversion: String(event.version),
    ce_recordedat: event.recordedAt,
    ce_actorid: event.actor.id,
    ce_actorcredential: event.actor.credential,
    ce_correlationid: event.correlationId,
    ...(event.causationId === undefined ? {} : { ce_causationid: event.causationId }),
    ce_leafhash: event.leafHash.toString('hex'),
    // Half a surrogate pair is JSON (escaped) and no UTF-8: then the head travels as it is, too.
    ...(isUtf8(event) ? {} : { ce_envelopehead: head }),
    // CloudEvents' distributed tracing extension leaves the hop's own context to the transport's header.
    ...(traceparent === undefined ? {} : { traceparent }),
    'content-type': eventContentType,
  };
  const value = dataBytes(event);
  return { key: event.stream, value, headers, timestamp: String(Date.parse(event.committedAt)) };
}

/** The envelope's `data`, as it stands there. */
export const dataBytes = (event: RecordedEvent): Buffer =>
  event.envelope.subarray(headOf(event).length, event.envelope.length - TAIL.length);

const isUtf8 = ({ actor, correlationId, causationId = '' }: RecordedEvent): boolean =>
  [actor.id, actor.credential, correlationId, causationId].every((text) => text.isWellFormed());

export interface ReceivedRecord {
  readonly value: Buffer | null;
  readonly headers?: IHeaders | undefined;
}

/**
 * The event as the ledger has it, its envelope put together again and checked against the leaf hash.
 * @throws MalformedRecordError
 */
export function decodeEventRecord({ value, headers = {} }: ReceivedRecord): RecordedEvent {
  const text = (name: string): string => {
    const found = optionalText(headers, name);
    if (found === undefined) throw new MalformedRecordError(`the record has no header ${name}`);
    return found;
  };
  const number = (name: string): number => {
    const found = Number(text(name));
    if (!Number.isSafeInteger(found) || found < 1) throw new MalformedRecordError(`${name} is not a number from 1`);
    return found;
  };
  const head: Head = {
    id: text('ce_id'),
    stream: text('ce_subject'),
    version: number('ce_streamversion'),
    type: text('ce_eventtype'),
    schemaVersion: number('ce_schemaversion'),
    recordedAt: text('ce_recordedat'),
    actor: { id: text('ce_actorid'), credential: text('ce_actorcredential') },
    correlationId: text('ce_correlationid'),
    causationId: optionalText(headers, 'ce_causationid'),
  };
  const written = headers['ce_envelopehead'];
  const envelope = Buffer.concat([written instanceof Buffer ? written : headOf(head), value ?? Buffer.alloc(0), TAIL]);
  const hash = leafHash(envelope);
  if (hash.toString('hex') !== text('ce_leafhash')) {
    throw new MalformedRecordError(`the envelope at position ${text('ce_position')} does not have its leaf hash`);
  }
  const { causationId, ...fields } = JSON.parse(envelope.toString()) as Fields;
  const position = number('ce_position');
  const traceparent = optionalText(headers, 'traceparent');
  return {
    ...fields,
    causationId: causationId ?? undefined,
    position,
    committedAt: text('ce_time'),
    envelope,
    leafHash: hash,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

export const optionalText = (headers: IHeaders, name: string): string | undefined => {
  const value = headers[name];
  return value === undefined || Array.isArray(value) ? undefined : value.toString();
};
