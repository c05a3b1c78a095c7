import { randomBytes } from 'node:crypto';
import { EncodingError } from '../errors.js';
import { unsignedInteger } from './der-writer.js';

const RANDOM_DIGITS = 32;
// A call of the generator costs more than all the rest.
const POOL_BYTES = 4_096;
let pool = '';
let used = 0;

const randomDigits = (): string => {
  if (used === pool.length) {
    pool = randomBytes(POOL_BYTES).toString('hex');
    used = 0;
  }
  return pool.slice(used, (used += RANDOM_DIGITS));
};

/**
 * 17 octets: 0x01, then 128 random bits; 34 characters of lower-case hex. Always positive and of one length, within
 * RFC 5280's 20 octets (section 4.1.2.2).
 */
export const newSerial = (): string => `01${randomDigits()}`;

/** The same with 0x02 in front, so that whoever sees the serial in a CRL knows what it is. */
export const newCanarySerial = (): string => `02${randomDigits()}`;

/** Of one of our issuers: whether the certificate is a canary. */
export const isCanarySerial = (serial: string): boolean => /^02[0-9a-f]{32}$/.test(serial);

/** Throws unless it is a positive number of at most 20 octets in lower-case hex. */
export const encodeSerial = (serial: string): Buffer => {
  if (!/^(?:[0-9a-f]{2}){1,20}$/.test(serial) || /^0+$/.test(serial)) {
    throw new EncodingError('DER_MALFORMED', 'a serial is 1 to 20 octets of lower-case hex and not zero');
  }
  const encoded = unsignedInteger(Buffer.from(serial, 'hex'));
  if (encoded.length > 22) throw new EncodingError('DER_MALFORMED', 'a serial has at most 20 octets');
  return encoded;
};
