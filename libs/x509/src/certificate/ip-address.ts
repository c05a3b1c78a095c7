import { isIP, isIPv4 } from 'node:net';
import { EncodingError } from '../errors.js';

const groupsOf = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));

/** 4 or 16 octets. Throws DER_MALFORMED; zones (`%eth0`) are refused. */
export const encodeIpAddress = (text: string): Buffer => {
  if (isIP(text) === 0 || text.includes('%')) throw new EncodingError('DER_MALFORMED', 'not an IP address');
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  // A dotted tail becomes two groups.
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = '', tail] = plain.split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')];
  const groups = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
};

/** Canonical text; RFC 5952 for IPv6. */
export const formatIpAddress = (octets: Buffer): string => {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) throw new EncodingError('DER_MALFORMED', 'an IP address has 4 or 16 octets');
  const text = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(i * 2).toString(16)).join(':');
  const runs = [...`${text}`.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)];
  const longest = runs.reduce<RegExpMatchArray | undefined>(
    (a, b) => (a && a[0].length >= b[0].length ? a : b),
    undefined,
  );
  if (!longest) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index! + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
};
