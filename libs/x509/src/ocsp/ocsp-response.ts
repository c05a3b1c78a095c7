import { type CrlReason } from '../crl/revoked-entry.js';
import { type SignatureAlgorithm } from '../signer/key-algorithm.js';
import { type Signer } from '../signer/signer.js';

export type OcspStatus =
  | { readonly type: 'good' }
  | { readonly type: 'unknown' }
  | { readonly type: 'revoked'; readonly revokedAt: Date; readonly reason?: CrlReason };

export interface SingleResponse {
  /** CertID, DER, echoed. */
  readonly certId: Buffer;
  readonly status: OcspStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

export interface OcspResponseTemplate {
  /** The responder's public key, for the responderID by key. */
  readonly responderSpki: Buffer;
  readonly producedAt: Date;
  readonly responses: readonly SingleResponse[];
  readonly nonce?: Buffer;
}

export const buildTbsResponseData = (_template: OcspResponseTemplate): Buffer => {
  throw new Error('not written');
};

/** The whole OCSPResponse, DER. */
export const assembleOcspResponse = (
  _tbs: Buffer,
  _algorithm: SignatureAlgorithm,
  _signature: Buffer,
  _certificates: readonly Buffer[],
): Buffer => {
  throw new Error('not written');
};

export interface OcspResponder {
  readonly keyId: string;
  /** The delegated certificate, DER. */
  readonly certificate: Buffer;
}

/** Builds, signs and assembles. Resolves to DER. */
export const signOcspResponse = async (
  _template: Omit<OcspResponseTemplate, 'responderSpki'>,
  _responder: OcspResponder,
  _signer: Signer,
): Promise<Buffer> => {
  throw new Error('not written');
};

export type OcspErrorStatus = 'malformedRequest' | 'internalError' | 'tryLater' | 'sigRequired' | 'unauthorized';

/** The unsigned answer, DER (RFC 6960, section 2.3). */
export const ocspErrorResponse = (_status: OcspErrorStatus): Buffer => {
  throw new Error('not written');
};
