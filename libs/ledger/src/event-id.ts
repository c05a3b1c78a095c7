import { randomBytes } from 'node:crypto';

const RANDOM_DIGITS = 20;
const VARIANTS = '89ab';
// A call of the generator costs more than everything else here.
const POOL_BYTES = 4_000;
let pool = '';
let used = 0;
let last = -1;
let time = '';

/** RFC 9562, section 5.7: UUIDv7 of this millisecond; what is left to chance, 74 bits, is. */
export function newEventId(milliseconds: number): string {
  if (used === pool.length) {
    pool = randomBytes(POOL_BYTES).toString('hex');
    used = 0;
  }
  if (milliseconds !== last) {
    const digits = milliseconds.toString(16).padStart(12, '0');
    time = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
    last = milliseconds;
  }
  const variant = VARIANTS[pool.charCodeAt(used + 3) & 3]!;
  const id = `${time}${pool.slice(used, used + 3)}-${variant}${pool.slice(used + 4, used + 7)}-${pool.slice(used + 8, used + RANDOM_DIGITS)}`;
  used += RANDOM_DIGITS;
  return id;
}
