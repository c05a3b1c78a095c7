/**
 * Octets in pieces that follow one another, for what has tens of megabytes: neither they nor a part of them is copied.
 * Nobody writes into the pieces any more.
 */
export class Octets {
  readonly length: number;

  /** `length`: where it is known already. */
  constructor(
    readonly pieces: readonly Buffer[],
    length?: number,
  ) {
    this.length = length ?? pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** The beginning: at least what the first piece holds. */
  get head(): Buffer {
    return this.pieces[0] ?? Buffer.alloc(0);
  }

  /** A copy in one buffer; of one piece, that piece. */
  join(): Buffer {
    return this.pieces.length === 1 ? this.head : Buffer.concat(this.pieces, this.length);
  }
}
