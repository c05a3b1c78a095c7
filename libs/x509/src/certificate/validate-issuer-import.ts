import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';

export interface IssuerImport {
  readonly chainPem: string;
  readonly privateKeyPem: string;
  readonly now: Date;
}

export interface ImportedIssuer {
  /** DER. */
  readonly certificate: Buffer;
  /** Between the issuer and the root, DER, nearest first. */
  readonly intermediates: readonly Buffer[];
  /** Self-signed, DER. */
  readonly root: Buffer;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  readonly keyHash: string;
}

/** As Istio's plugged-in CA: the issuer first, its root last. Throws IssuerImportError. */
export const validateIssuerImport = (_input: IssuerImport): ImportedIssuer => {
  throw new Error('not written');
};
