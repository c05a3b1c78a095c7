import { EncodingError } from '../errors.js';
import { parseTime } from './der-time.js';

export const malformed = (message: string): EncodingError => new EncodingError('DER_MALFORMED', message);

/** Reads the elements of one DER content from front to back, refusing what BER allows beyond DER. */
export class DerReader {
  constructor(
    readonly bytes: Buffer,
    private offset = 0,
    private readonly end = bytes.length,
  ) {}

  get done(): boolean {
    return this.offset === this.end;
  }

  /** The next element's tag octet, or -1 at the end. */
  get tag(): number {
    return this.done ? -1 : this.bytes[this.offset]!;
  }

  /** The next element, header included. */
  raw(tag?: number): Buffer {
    const start = this.offset;
    const [, end] = this.advance(tag);
    return this.bytes.subarray(start, end);
  }

  content(tag: number): Buffer {
    const [start, end] = this.advance(tag);
    return this.bytes.subarray(start, end);
  }

  /** A reader of the next element's content. */
  enter(tag = 0x30): DerReader {
    const [start, end] = this.advance(tag);
    return new DerReader(this.bytes, start, end);
  }

  /** Like enter, where the element may be missing. */
  optional(tag: number): DerReader | undefined {
    return this.tag === tag ? this.enter(tag) : undefined;
  }

  finish(): void {
    if (!this.done) throw malformed('unexpected element or trailing bytes');
  }

  /** A non-negative INTEGER's magnitude in lower-case hex, an even number of digits, no leading zero octet. */
  unsignedHex(): string {
    const content = this.content(0x02);
    checkInteger(content);
    if (content[0]! & 0x80) throw malformed('negative integer');
    return content.subarray(content.length > 1 && content[0] === 0 ? 1 : 0).toString('hex');
  }

  unsigned(): bigint {
    return BigInt(`0x${this.unsignedHex()}`);
  }

  /** An INTEGER of any sign, content octets as hex. */
  integerHex(): string {
    const content = this.content(0x02);
    checkInteger(content);
    return content.toString('hex');
  }

  boolean(): boolean {
    const content = this.content(0x01);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw malformed('not a boolean');
    return content[0] === 0xff;
  }

  objectIdentifier(): string {
    return decodeOid(this.content(0x06));
  }

  /** A BIT STRING of whole octets: keys and signatures. */
  wholeBits(): Buffer {
    const content = this.content(0x03);
    if (content[0] !== 0) throw malformed('not a bit string of whole octets');
    return content.subarray(1);
  }

  /** The numbers of the bits that are set. */
  namedBits(): number[] {
    const content = this.content(0x03);
    const unused = content[0];
    if (unused === undefined || unused > 7 || (content.length === 1 && unused > 0) || content.length > 5) {
      throw malformed('not a named bit list');
    }
    const bits: number[] = [];
    for (let bit = 0; bit < (content.length - 1) * 8; bit++) {
      if (content[1 + (bit >> 3)]! & (0x80 >> (bit & 7))) bits.push(bit);
    }
    if (content.length > 1 && (bits.at(-1) ?? -1) !== (content.length - 1) * 8 - unused - 1) {
      throw malformed('a named bit list ends in a one');
    }
    return bits;
  }

  time(): Date {
    const tag = this.tag === 0x18 ? 0x18 : 0x17;
    return parseTime(tag, this.content(tag).toString('latin1'));
  }

  private advance(tag?: number): [start: number, end: number] {
    const { offset, end: limit, bytes } = this;
    if (offset + 2 > limit) throw malformed('an element is missing or cut off');
    const actual = bytes[offset]!;
    if (tag !== undefined && actual !== tag) throw malformed('an element has an unexpected tag');
    if ((actual & 0x1f) === 0x1f) throw malformed('tags above 30 are not used in X.509');
    let start = offset + 2;
    let length = bytes[offset + 1]!;
    if (length >= 0x80) {
      const count = length - 0x80;
      if (count === 0) throw malformed('indefinite lengths are not DER');
      if (count > 4 || start + count > limit) throw malformed('a length is out of bounds');
      length = bytes.readUIntBE(start, count);
      start += count;
      if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw malformed('a length is not minimal');
    }
    if (start + length > limit) throw malformed('an element is cut off');
    this.offset = start + length;
    return [start, this.offset];
  }
}

export const checkInteger = (content: Buffer): void => {
  const [first, second] = content;
  const padded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (first === undefined || padded) throw malformed('an integer is not minimal');
};

export const decodeOid = (content: Buffer): string => {
  if (content.length === 0 || content.length > 64 || content.at(-1)! & 0x80) throw malformed('not an identifier');
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const byte of content) {
    if (fresh && byte === 0x80) throw malformed('an identifier is not minimal');
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    fresh = (byte & 0x80) === 0;
    if (!fresh) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [head = 0n, ...rest] = arcs;
  const first = head < 40n ? 0n : head < 80n ? 1n : 2n;
  return [first, head - first * 40n, ...rest].join('.');
};
