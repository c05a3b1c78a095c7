/** Pieces, and lists of pieces that are many: neither are copied. */
export type OctetParts = readonly (Buffer | readonly Buffer[])[];

/**
 * Octets in pieces that follow one another, for what has tens of megabytes: neither they nor a part of them is copied.
 * Nobody writes into the pieces any more.
 */
export class Octets {
  readonly length: number;

  /** `length`: where it is known already. */
  constructor(
    readonly parts: OctetParts,
    length?: number,
  ) {
    let counted = length ?? 0;
    if (length === undefined) for (const piece of this.pieces) counted += piece.length;
    this.length = counted;
  }

  get pieces(): Iterable<Buffer> {
    return piecesOf(this.parts);
  }

  /** A copy in one buffer; of one piece, that piece. */
  join(): Buffer {
    const [only] = this.parts;
    return this.parts.length === 1 && Buffer.isBuffer(only) ? only : Buffer.concat([...this.pieces], this.length);
  }
}

function* piecesOf(parts: OctetParts): Generator<Buffer> {
  for (const part of parts) {
    if (Buffer.isBuffer(part)) yield part;
    else yield* part;
  }
}
