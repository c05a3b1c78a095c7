import { MalformedError } from './errors.js';
import { decodeHuffman } from './huffman.js';

/** Of the static table (RFC 7541, appendix A). */
const AUTHORITY_INDEX = 1;
const AUTHORITY = ':authority';
const MOST_NUMBER_OCTETS = 5;

/** RFC 3986, section 3.2, as nghttp2 has it. */
const allowed = /[^A-Za-z0-9\-._~!$&'()*+,;=:@%[\]]/g;

interface Text {
  readonly value: Buffer;
  /** Where it begins and what follows. */
  readonly from: number;
  readonly to: number;
}

class BlockReader {
  position = 0;

  constructor(private readonly block: Buffer) {}

  get done(): boolean {
    return this.position >= this.block.length;
  }

  get octet(): number {
    const octet = this.block[this.position];
    if (octet === undefined) throw new MalformedError('a header block ends in the midst of a field');
    return octet;
  }

  /** Section 5.1; `bits` of the first octet are the number's. */
  number(bits: number): number {
    const most = 2 ** bits - 1;
    let value = this.octet & most;
    this.position += 1;
    if (value < most) return value;
    for (let shift = 0; shift < MOST_NUMBER_OCTETS; shift++) {
      const { octet } = this;
      this.position += 1;
      value += (octet & 0x7f) * 2 ** (7 * shift);
      if ((octet & 0x80) === 0) return value;
    }
    throw new MalformedError('a number of a header block is too large');
  }

  /** Section 5.2. */
  text(): Text {
    const from = this.position;
    const huffman = (this.octet & 0x80) !== 0;
    const length = this.number(7);
    const to = this.position + length;
    if (to > this.block.length) throw new MalformedError('a string is longer than its header block');
    const raw = this.block.subarray(this.position, to);
    this.position = to;
    return { value: huffman ? decodeHuffman(raw) : raw, from, to };
  }
}

/** A string literal as it is, not Huffman’s. */
const literal = (value: Buffer): Buffer => {
  if (value.length < 127) return Buffer.concat([Buffer.of(value.length), value]);
  const length = [127];
  let rest = value.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 0x80);
  length.push(rest);
  return Buffer.concat([Buffer.from(length), value]);
};

/**
 * An HPACK block whose `:authority` nghttp2 takes: what may not be in one is a hyphen. The value stays as long as it was,
 * and an entry of the dynamic table is as large as its name and value (RFC 7541, section 4.1), so both ends' tables
 * go on alike with nothing known of them here, and an index says the same. The same buffer where nothing is to be done.
 * Throws MalformedError.
 */
export const withPlainAuthority = (block: Buffer): Buffer => {
  const reader = new BlockReader(block);
  const pieces: Buffer[] = [];
  let copied = 0;
  while (!reader.done) {
    const { octet } = reader;
    if ((octet & 0x80) !== 0) {
      reader.number(7);
      continue;
    }
    if ((octet & 0xe0) === 0x20) {
      reader.number(5);
      continue;
    }
    const index = reader.number((octet & 0x40) !== 0 ? 6 : 4);
    const named = index === 0 ? reader.text().value.toString('latin1') === AUTHORITY : index === AUTHORITY_INDEX;
    const { value, from, to } = reader.text();
    if (!named) continue;
    const said = value.toString('latin1');
    const plain = said.replace(allowed, '-');
    if (plain === said) continue;
    pieces.push(block.subarray(copied, from), literal(Buffer.from(plain, 'latin1')));
    copied = to;
  }
  return pieces.length === 0 ? block : Buffer.concat([...pieces, block.subarray(copied)]);
};
