import { type Element } from './element.js';

/** A time as it is written, and what it says: milliseconds, NaN where it says nothing. */
export interface TimeView {
  readonly tag: number;
  readonly ms: number;
}

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const daysIn = (year: number, month: number): number => {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
};

const pair = (bytes: Buffer, at: number): number => {
  const tens = bytes[at]! - 0x30;
  const ones = bytes[at + 1]! - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
};

const utc = (year: number, bytes: Buffer, at: number): number => {
  const month = pair(bytes, at);
  const day = pair(bytes, at + 2);
  const [hour, minute, second] = [pair(bytes, at + 4), pair(bytes, at + 6), pair(bytes, at + 8)];
  const fits = month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 59;
  if (!fits || day > daysIn(year, month)) return NaN;
  return Date.UTC(year, month - 1, day, hour, minute, second);
};

/** UTCTime YYMMDDHHMMSSZ or GeneralizedTime YYYYMMDDHHMMSSZ; anything else is NaN. */
export const timeOf = ({ bytes, tag, content, end }: Element): TimeView => {
  const short = tag === 0x17;
  if (bytes[end - 1] !== 0x5a || end - content !== (short ? 13 : 15)) return { tag, ms: NaN };
  const first = pair(bytes, content);
  if (short) return { tag, ms: utc(first >= 50 ? 1900 + first : 2000 + first, bytes, content + 2) };
  return { tag, ms: utc(first * 100 + pair(bytes, content + 2), bytes, content + 4) };
};

const from2050 = Date.UTC(2050, 0, 1);

/** RFC 5280, section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050, seconds, Z, no fraction. */
export const timeProblem = ({ tag, ms }: TimeView): string | undefined => {
  if (Number.isNaN(ms)) return 'is no time with seconds that ends in Z';
  if (tag === 0x17) return undefined;
  if (tag !== 0x18) return 'is neither UTCTime nor GeneralizedTime';
  return ms < from2050 ? 'is before 2050 and no UTCTime' : undefined;
};

/** GeneralizedTime without a fraction, whatever the year. */
export const generalizedTimeProblem = ({ tag, ms }: TimeView): string | undefined =>
  tag === 0x18 && !Number.isNaN(ms) ? undefined : 'is no GeneralizedTime YYYYMMDDHHMMSSZ';
