import { type CertId } from './cert-id.js';
import { type OcspErrorStatus, type OcspStatus } from './ocsp-response.js';

export interface ParsedSingleResponse {
  readonly certId: CertId;
  readonly status: OcspStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
}

export type ParsedOcspResponse =
  | { readonly status: OcspErrorStatus }
  | {
      readonly status: 'successful';
      readonly producedAt: Date;
      readonly responses: readonly ParsedSingleResponse[];
      readonly nonce?: Buffer;
      readonly certificates: readonly Buffer[];
      readonly signatureAlgorithm: string;
    };

/** Throws OCSP_MALFORMED_RESPONSE. */
export const parseOcspResponse = (_bytes: Buffer): ParsedOcspResponse => {
  throw new Error('not written');
};

export interface OcspVerification {
  readonly response: Buffer;
  readonly issuerCertificate: Buffer;
  readonly now: Date;
  /** What the request carried; the answer must echo it when given. */
  readonly nonce?: Buffer;
  /** Every one must be answered. */
  readonly serials?: readonly string[];
  /** Tolerated difference of clocks in seconds; 300 unless told. */
  readonly skewSeconds?: number;
}

export type VerifiedOcspResponse = Extract<ParsedOcspResponse, { status: 'successful' }>;

/** Checks signature, delegation, times, nonce. Throws OCSP_MALFORMED_RESPONSE, OCSP_UNTRUSTED_RESPONSE. */
export const verifyOcspResponse = async (_input: OcspVerification): Promise<VerifiedOcspResponse> => {
  throw new Error('not written');
};
