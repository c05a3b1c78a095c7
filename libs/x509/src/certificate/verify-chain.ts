export interface ChainInput {
  readonly leaf: Buffer;
  readonly intermediates: readonly Buffer[];
  readonly anchors: readonly Buffer[];
  readonly now: Date;
}

/** The path from leaf to anchor, both included, DER. Throws CERTIFICATE_CHAIN_INVALID. */
export const verifyChain = (_input: ChainInput): readonly Buffer[] => {
  throw new Error('not written');
};
