import { canonicalProblem } from '../der/canonical.js';
import { elementAt, expectTag } from '../der/element.js';
import { generalizedTimeProblem, timeOf, timeProblem } from '../der/time.js';
import { oids } from '../oids.js';
import { EncodingError } from '../../errors.js';
import { extensionViews, repeatedOid } from '../view/extension-view.js';
import { type EntryFault } from './entry-faults.js';

type Note = (fault: EntryFault) => void;

const reasonProblem = (value: Buffer): EntryFault | undefined => {
  const element = elementAt(value, 0, value.length);
  if (element.tag !== 0x0a || element.end !== value.length || element.end - element.content !== 1) return 'reason';
  const code = value[element.content]!;
  if (code === 0) return 'unspecified';
  if (code === 8) return 'removed';
  return code <= 10 && code !== 7 ? undefined : 'reason';
};

const extensionProblem = (oid: string, value: Buffer): EntryFault | undefined => {
  if (oid === oids.crlReason) return reasonProblem(value);
  if (oid === oids.certificateIssuer) return 'indirect';
  if (oid !== oids.invalidityDate) return 'extension';
  const element = elementAt(value, 0, value.length);
  const fits = element.end === value.length && generalizedTimeProblem(timeOf(element)) === undefined;
  return fits ? undefined : 'invalidity';
};

const scanExtensions = (bytes: Buffer, at: number, end: number, note: Note): void => {
  const list = expectTag(elementAt(bytes, at, end), 0x30);
  if (list.end !== end || canonicalProblem(list) !== undefined) return note('encoding');
  const extensions = extensionViews(list);
  if (extensions.length === 0 || repeatedOid(extensions) !== undefined) note('extension');
  for (const { oid, critical, writesDefault, value } of extensions) {
    if (critical || writesDefault) note('extension');
    const problem = extensionProblem(oid, value);
    if (problem) note(problem);
  }
};

// A reason alone, as nearly all have it: 30 0c 30 0a 06 03 55 1d 15 04 03 0a 01, then the code.
const reasonOnly = Buffer.from('300c300a0603551d1504030a01', 'hex');

const isReasonOnly = (bytes: Buffer, at: number, end: number): boolean => {
  if (end - at !== 14) return false;
  for (let i = 0; i < 13; i++) if (bytes[at + i] !== reasonOnly[i]) return false;
  const code = bytes[at + 13]!;
  return code >= 1 && code <= 10 && code !== 7 && code !== 8;
};

/** Serials are compared as numbers: positive and minimal, so the longer is the greater. */
export const compareSerials = (a: Buffer, aAt: number, b: Buffer, bAt: number): number => {
  const [aLength, bLength] = [a[aAt + 1]!, b[bAt + 1]!];
  if (aLength !== bLength) return aLength - bLength;
  for (let i = 2; i < aLength + 2; i++) {
    const order = a[aAt + i]! - b[bAt + i]!;
    if (order !== 0) return order;
  }
  return 0;
};

const digit = (octet: number): boolean => octet >= 0x30 && octet <= 0x39;

// UTCTime whose fields are within bounds and whose day is in every month; anything else is looked at closely.
const isPlainTime = (bytes: Buffer, at: number): boolean => {
  if (bytes[at] !== 0x17 || bytes[at + 1] !== 13 || bytes[at + 14] !== 0x5a) return false;
  for (let i = 2; i < 14; i++) if (!digit(bytes[at + i]!)) return false;
  const two = (i: number): number => (bytes[at + i]! - 0x30) * 10 + bytes[at + i + 1]! - 0x30;
  const [month, day] = [two(4), two(6)];
  return month >= 1 && month <= 12 && day >= 1 && day <= 28 && two(8) <= 23 && two(10) <= 59 && two(12) <= 59;
};

const serialFits = (bytes: Buffer, at: number): boolean => {
  const length = bytes[at + 1]!;
  const first = bytes[at + 2]!;
  if (bytes[at] !== 0x02 || length < 1 || length > 20 || first >= 0x80) return false;
  return first !== 0 || (length > 1 && bytes[at + 3]! >= 0x80);
};

/**
 * Reads consecutive entries in one pass, RFC 5280, section 5.3. Calls `note` with each fault and the place of its entry;
 * ends at broken lengths. Returns where the last serial stands, -1 when there is none.
 */
export const scanEntries = (
  bytes: Buffer,
  start: number,
  end: number,
  note: (fault: EntryFault, at: number) => void,
): number => {
  let last = -1;
  for (let at = start; at < end;) {
    // An entry of ours is shorter than 128 octets: one octet of length, minimal by itself.
    const entryEnd = at + 2 + bytes[at + 1]!;
    if (bytes[at] !== 0x30 || bytes[at + 1]! >= 0x80 || entryEnd > end || entryEnd < at + 8) {
      note('encoding', at);
      return last;
    }
    const here = at;
    const serial = at + 2;
    if (serialFits(bytes, serial)) {
      if (last >= 0 && compareSerials(bytes, last, bytes, serial) >= 0) note('order', at);
      last = serial;
    } else note('serial', at);
    let next = serial + 2 + bytes[serial + 1]!;
    try {
      if (isPlainTime(bytes, next)) next += 15;
      else {
        const date = elementAt(bytes, next, entryEnd);
        if (timeProblem(timeOf(date)) !== undefined) note('date', at);
        next = date.end;
      }
      if (next < entryEnd && !isReasonOnly(bytes, next, entryEnd)) {
        scanExtensions(bytes, next, entryEnd, (fault) => note(fault, here));
      } else if (next > entryEnd) note('encoding', at);
    } catch (error) {
      if (!(error instanceof EncodingError)) throw error;
      note('encoding', at);
    }
    at = entryEnd;
  }
  return last;
};
