// Which pieces a TBSCertList was joined from: the linter compares the bytes and then needs to read only the pieces that
// it hasn't seen. Weak, so nothing lives longer for it.
const piecesOf = new WeakMap<Buffer, readonly Buffer[]>();

export const rememberPieces = (tbs: Buffer, pieces: readonly Buffer[]): Buffer => {
  piecesOf.set(tbs, pieces);
  return tbs;
};

const lengths = new WeakMap<readonly Buffer[], number>();

/** So that nobody has to look at ten thousand pieces to know how long they are together. */
export const rememberLength = (pieces: readonly Buffer[], length: number): readonly Buffer[] => {
  lengths.set(pieces, length);
  return pieces;
};

/** Octets of all of them. */
export const lengthOf = (pieces: readonly Buffer[]): number => {
  const known = lengths.get(pieces);
  if (known !== undefined) return known;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  rememberLength(pieces, length);
  return length;
};

/** Undefined when somebody else wrote the bytes. */
export const rememberedPieces = (tbs: Buffer): readonly Buffer[] | undefined => piecesOf.get(tbs);
