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
/** RFC 3339, UTC, milliseconds: `2026-11-22T23:39:00.000Z`. */
export type Timestamp = Branded<'Timestamp'>;
/** Bytes as base64. */
export type Base64 = Branded<'Base64'>;

export const timestamp = (date: Date): Timestamp => date.toISOString() as Timestamp;

/** Accepts what people paste (`01:AB:…`, `0x01ab`, upper case) and gives the one form that we store. */
export const parseSerial = (text: string): Serial => {
  const hex = text.trim().toLowerCase().replace(/^0x/, '').replaceAll(':', '');
  // RFC 5280, section 4.1.2.2: at most 20 octets, positive.
  if (!/^[0-9a-f]{1,40}$/.test(hex) || /^0+$/.test(hex)) {
    throw new InvalidValueError('serial', 'a serial number is 1 to 40 hexadecimal digits');
  }
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return even.replace(/^(?:00)+(?=..)/, '') as Serial;
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

export const parseTimestamp = (text: string, field = 'time'): Timestamp => {
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\d[Tt]/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidValueError(field, 'a time is written as RFC 3339, for example 2026-11-22T12:00:00Z');
  }
  return timestamp(date);
};
