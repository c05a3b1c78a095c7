import { aggregateOf } from './aggregates.js';
import { eventTypes, isEventType } from './event-types.js';

const PREFIX = 'dev.cartulary';

export const heartbeatType = `${PREFIX}.heartbeat.v1`;
export const eventContentType = 'application/json';

const kebab = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

/** The CloudEvents `type`: `CertificateIssued` of schema version 1 → `dev.cartulary.certificate.issued.v1`. */
export const cloudEventType = (type: string, schemaVersion: number, stream: string): string => {
  if (!isEventType(type)) return `${PREFIX}.${aggregateOf(stream) ?? 'other'}.${kebab(type)}.v${schemaVersion}`;
  const { aggregate, verb } = eventTypes[type];
  return `${PREFIX}.${aggregate}.${verb}.v${schemaVersion}`;
};

/** The CloudEvents `source` of everything that one trust domain's ledger says. */
export const cloudEventSource = (trustDomain: string): string => `//${trustDomain}/cartulary`;

/** The CloudEvents `dataschema`, and the `$id` of the schema in docs/asyncapi.json. */
export const eventSchemaId = (cloudEventTypeName: string): string => `urn:cartulary:schema:${cloudEventTypeName}`;

/**
 * Extension attributes of every event (CloudEvents 1.0, section 3.1.1: lower-case letters and digits). With `id`,
 * `subject`, `time` and the value they are the whole envelope; see docs/events.md.
 */
export const extensionAttributes = {
  position: 'Position in the ledger: 1, 2, 3, … over all topics',
  eventtype: 'The event’s type in the ledger, such as CertificateIssued',
  schemaversion: 'The event’s schema version, as in `type`',
  streamversion: 'The event’s number in its stream (`subject`)',
  recordedat: 'The service’s clock when the decision was made; RFC 3339',
  actorid: 'Who did it',
  actorcredential: 'By which credential: certificate:<serial>, token:<id>, system',
  correlationid: 'Ties together what one request caused',
  causationid: 'The id of the event that this one follows from; absent when there is none',
  leafhash: 'RFC 9162, section 2.1.1: SHA-256(0x00 ‖ envelope), lower-case hex',
} as const;
export type ExtensionAttribute = keyof typeof extensionAttributes;
