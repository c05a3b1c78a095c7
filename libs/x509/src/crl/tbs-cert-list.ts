import { type SignatureAlgorithm } from '../signer/key-algorithm.js';

export interface CertListTemplate {
  /** The issuer's subject, DER, byte for byte. */
  readonly issuerName: Buffer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** The issuer's subject key identifier. */
  readonly authorityKeyId: Buffer;
  readonly crlNumber: bigint;
  /** Makes it a delta to that full CRL. */
  readonly baseCrlNumber?: bigint;
  /** Encoded entries in ascending order of serial; a piece may hold several. */
  readonly entries: readonly Buffer[];
}

export const buildTbsCertList = (_template: CertListTemplate): Buffer => {
  throw new Error('not written');
};

/** The CRL, DER. */
export const assembleCrl = (_tbs: Buffer, _algorithm: SignatureAlgorithm, _signature: Buffer): Buffer => {
  throw new Error('not written');
};
