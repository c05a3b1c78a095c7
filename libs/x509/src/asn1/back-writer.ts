/**
 * DER written from its end to its beginning, into one buffer: a header comes after its content, so its length is known
 * and nothing is copied twice. For what is written thousands of times a second.
 */
export class BackWriter {
  readonly #bytes: Buffer;
  #at: number;

  /** At most this many octets. */
  constructor(octets: number) {
    this.#bytes = Buffer.allocUnsafe(octets);
    this.#at = octets;
  }

  /** Where the next thing ends: the mark for `header`. */
  get mark(): number {
    return this.#at;
  }

  put(octets: Uint8Array): void {
    this.#at -= octets.length;
    this.#bytes.set(octets, this.#at);
  }

  octet(value: number): void {
    this.#bytes[--this.#at] = value;
  }

  /** In front of everything since the mark. */
  header(tag: number, mark: number): void {
    const length = mark - this.#at;
    if (length < 0x80) this.octet(length);
    else {
      let count = 0;
      for (let rest = length; rest > 0; rest = Math.floor(rest / 256), count++) this.octet(rest & 0xff);
      this.octet(0x80 | count);
    }
    this.octet(tag);
  }

  /** What was written; nothing may be written after. Throws RangeError where there was no room. */
  finish(): Buffer {
    if (this.#at < 0) throw new RangeError('the buffer was too short');
    return this.#bytes.subarray(this.#at);
  }
}
