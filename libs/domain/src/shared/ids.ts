import { InvalidValueError } from './errors.js';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Serial number, lower-case hex without separators, as in `GET /v1/certificates/{serial}`. */
export type Serial = Branded<'Serial'>;
/** First 16 hex digits of the SHA-256 of the issuer's SPKI. */
export type IssuerId = Branded<'IssuerId'>;
/** SHA-256 of a public key's SPKI (DER), lower-case hex. */
export type KeyHash = Branded<'KeyHash'>;
/** Name of an API token (not the token). */
export type TokenId = Branded<'TokenId'>;
/** A machine that workloads run on, by the name that its platform gives it: `node-7.eu-1`. */
export type NodeName = Branded<'NodeName'>;
/** RFC 3339, UTC, milliseconds: `2026-11-22T23:39:00.000Z`. */
export type Timestamp = Branded<'Timestamp'>;
/** Bytes as base64. */
export type Base64 = Branded<'Base64'>;

/** Times are compared as text, so all have this one form; it also bounds them to the years that X.509 can write. */
const CANONICAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const timestamp = (date: Date, field = 'time'): Timestamp => {
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  if (!CANONICAL_TIME.test(text)) throw new InvalidValueError(field, 'not a time of the years 0000 to 9999');
  return text as Timestamp;
};

/** Accepts what people paste (`01:AB:…`, `0x01ab`, upper case) and gives the one form that we store. */
export const parseSerial = (text: string): Serial => {
  const hex = text.trim().toLowerCase().replace(/^0x/, '').replaceAll(':', '');
  const digits = hex.replace(/^0+/, '');
  // RFC 5280, section 4.1.2.2: positive and at most 20 octets of DER, whose first bit is the sign.
  if (!/^[0-9a-f]+$/.test(hex) || !/^(?:[0-9a-f]{1,39}|[1-7][0-9a-f]{39})$/.test(digits)) {
    throw new InvalidValueError('serial', 'a serial number is 1 to 40 hexadecimal digits, positive, below 2^159');
  }
  return (digits.length % 2 === 0 ? digits : `0${digits}`) as Serial;
};

export const parseIssuerId = (text: string): IssuerId => {
  if (!/^[0-9a-f]{16}$/.test(text)) throw new InvalidValueError('issuerId', 'an issuer id is 16 hexadecimal digits');
  return text as IssuerId;
};

export const parseKeyHash = (text: string): KeyHash => {
  const hex = text.trim().toLowerCase().replaceAll(':', '');
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new InvalidValueError('keyHash', 'a key hash is the SHA-256 of the SPKI: 64 hexadecimal digits');
  }
  return hex as KeyHash;
};

export const parseTokenId = (text: string): TokenId => {
  if (!/^[0-9a-z]{12}$/.test(text)) throw new InvalidValueError('tokenId', 'a token id is 12 letters and digits');
  return text as TokenId;
};

// As Kubernetes names nodes: an RFC 1123 subdomain.
const NODE_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

export const parseNodeName = (text: string): NodeName => {
  if (!NODE_NAME.test(text)) {
    throw new InvalidValueError('node', 'a node is named like a host, in lower case, for example node-7.eu-1');
  }
  return text as NodeName;
};

// RFC 3339, section 5.6, with an offset always: without one, Date would read the machine's local time.
const RFC_3339 =
  /^(\d{4}-\d\d-(\d\d))[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Any RFC 3339 time to milliseconds in UTC; what is finer is cut off, and a leap second is refused. */
export const parseTimestamp = (text: string, field = 'time'): Timestamp => {
  const [, day, dayOfMonth] = RFC_3339.exec(text) ?? [];
  // Date reads 30 February as 2 March.
  if (!day || Number(dayOfMonth) !== new Date(day).getUTCDate()) {
    throw new InvalidValueError(field, 'a time is written as RFC 3339, for example 2026-11-22T12:00:00Z');
  }
  return timestamp(new Date(text.toUpperCase()), field);
};
