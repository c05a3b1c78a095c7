import { EncodingError } from '../errors.js';

/** An element's tag and the length of its content. */
export const header = (tag: number, length: number): Buffer => {
  if (length < 0x80) return Buffer.from([tag, length]);
  if (length < 0x100) return Buffer.from([tag, 0x81, length]);
  if (length < 0x10000) return Buffer.from([tag, 0x82, length >> 8, length & 0xff]);
  const long = Buffer.from([tag, 0x84, 0, 0, 0, 0]);
  long.writeUInt32BE(length, 2);
  // DER: the shortest form. Three octets suffice below 16 MiB.
  return length < 0x1000000 ? Buffer.from([tag, 0x83, ...long.subarray(3)]) : long;
};

export const tlv = (tag: number, ...content: readonly Buffer[]): Buffer => {
  let length = 0;
  for (const piece of content) length += piece.length;
  return Buffer.concat([header(tag, length), ...content]);
};

export const sequence = (...content: readonly Buffer[]): Buffer => tlv(0x30, ...content);

export const setOf = (...content: readonly Buffer[]): Buffer => tlv(0x31, ...content);

/** A constructed context tag: EXPLICIT around one element, or IMPLICIT in place of SEQUENCE. */
export const context = (tag: number, ...content: readonly Buffer[]): Buffer => tlv(0xa0 | tag, ...content);

/** A primitive context tag: IMPLICIT in place of a string type. */
export const contextPrimitive = (tag: number, content: Buffer): Buffer => tlv(0x80 | tag, content);

/** A non-negative INTEGER from big-endian bytes, made minimal. */
export const unsignedInteger = (bytes: Buffer): Buffer => {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const minimal = bytes.subarray(start);
  return (minimal[0] ?? 0) & 0x80 ? tlv(0x02, Buffer.from([0]), minimal) : tlv(0x02, minimal);
};

export const integer = (value: number | bigint): Buffer => {
  const hex = value.toString(16);
  return unsignedInteger(Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex'));
};

export const enumerated = (value: number): Buffer => tlv(0x0a, Buffer.from([value]));

export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));

export const nullValue = (): Buffer => tlv(0x05);

export const octetString = (content: Buffer): Buffer => tlv(0x04, content);

export const bitString = (content: Buffer, unusedBits = 0): Buffer => tlv(0x03, Buffer.from([unusedBits]), content);

export const utf8String = (text: string): Buffer => tlv(0x0c, Buffer.from(text, 'utf8'));

export const printableString = (text: string): Buffer => {
  if (!/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)) throw new EncodingError('DER_MALFORMED', 'not a PrintableString');
  return tlv(0x13, Buffer.from(text, 'latin1'));
};

/** The content of an IA5String; throws when it isn't ASCII. */
export const ia5 = (text: string): Buffer => {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new EncodingError('DER_MALFORMED', 'not an IA5String');
  return Buffer.from(text, 'latin1');
};

/** A named bit list (X.690, 11.2.2): trailing zero bits are cut off. */
export const namedBits = (bits: readonly number[]): Buffer => {
  if (bits.length === 0) return bitString(Buffer.alloc(0));
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc((highest >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  return bitString(bytes, 7 - (highest & 7));
};

const base128 = (arc: bigint): number[] => {
  const bytes = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn) | 0x80);
  return bytes;
};

const encodedOids = new Map<string, Buffer>();

/** For the package's own identifiers: what is encoded once is kept. */
export const objectIdentifier = (dotted: string): Buffer => {
  const known = encodedOids.get(dotted);
  if (known) return known;
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  const encoded = tlv(0x06, Buffer.from([first * 40n + second, ...rest].flatMap(base128)));
  encodedOids.set(dotted, encoded);
  return encoded;
};
