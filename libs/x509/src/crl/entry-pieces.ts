// Which pieces a TBSCertList was joined from: the linter compares the bytes and then needs to read only the pieces that
// it hasn't seen. Weak, so nothing lives longer for it.
const piecesOf = new WeakMap<Buffer, readonly Buffer[]>();

export const rememberPieces = (tbs: Buffer, pieces: readonly Buffer[]): Buffer => {
  piecesOf.set(tbs, pieces);
  return tbs;
};

/** Undefined when somebody else wrote the bytes. */
export const rememberedPieces = (tbs: Buffer): readonly Buffer[] | undefined => piecesOf.get(tbs);
