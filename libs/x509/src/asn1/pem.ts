export type PemLabel = 'CERTIFICATE' | 'CERTIFICATE REQUEST' | 'PRIVATE KEY' | 'X509 CRL' | 'PUBLIC KEY';

export const derToPem = (_der: Buffer, _label: PemLabel): string => {
  throw new Error('not written');
};

/** Exactly one block with that label. Throws PEM_MALFORMED. */
export const pemToDer = (_pem: string, _label: PemLabel): Buffer => {
  throw new Error('not written');
};

/** One certificate or more, in order. Throws PEM_MALFORMED. */
export const pemChainToDer = (_pem: string): Buffer[] => {
  throw new Error('not written');
};

export const derChainToPem = (_chain: readonly Buffer[]): string => {
  throw new Error('not written');
};
