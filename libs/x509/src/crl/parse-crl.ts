import { type RevokedEntry } from './revoked-entry.js';

export interface ParsedCrl {
  /** RFC 4514 text. */
  readonly issuer: string;
  readonly issuerName: Buffer;
  readonly number?: bigint;
  readonly baseNumber?: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  readonly authorityKeyId?: string;
  readonly signatureAlgorithm: string;
  /** reason 'removeFromCRL' is shown as it stands. */
  readonly entries: readonly (Omit<RevokedEntry, 'reason'> & { readonly reason: string })[];
  readonly extensions: readonly { readonly oid: string; readonly critical: boolean }[];
}

/** Throws CRL_MALFORMED. */
export const parseCrl = (_crl: Buffer): ParsedCrl => {
  throw new Error('not written');
};

/** Parses and checks name and signature against the issuer's certificate. Throws CRL_MALFORMED, CRL_BAD_SIGNATURE. */
export const verifyCrl = async (_crl: Buffer, _issuerCertificate: Buffer): Promise<ParsedCrl> => {
  throw new Error('not written');
};
