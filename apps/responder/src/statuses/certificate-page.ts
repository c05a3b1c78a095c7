export const PAGE_BITS = 14;
/** Certificates of a page. */
export const PAGE = 2 ** PAGE_BITS;
const OCTETS = 16 + 4 + 4 + 2;
export const PAGE_OCTETS = PAGE * OCTETS;

/**
 * Columns of one piece of memory, which is also its form on disk. A certificate takes 26 octets: the words of its
 * serial, when it ends (seconds), the position of its last event (from the table's base), and its issuer's index
 * beside its status.
 */
export class CertificatePage {
  readonly words: Int32Array;
  readonly ends: Uint32Array;
  readonly positions: Uint32Array;
  readonly tags: Uint16Array;

  constructor(readonly memory: ArrayBuffer = new ArrayBuffer(PAGE_OCTETS)) {
    this.words = new Int32Array(memory, 0, PAGE * 4);
    this.ends = new Uint32Array(memory, PAGE * 16, PAGE);
    this.positions = new Uint32Array(memory, PAGE * 20, PAGE);
    this.tags = new Uint16Array(memory, PAGE * 24, PAGE);
  }
}
