export interface CertId {
  /** CertID, DER, byte for byte as the client sent it. */
  readonly der: Buffer;
  /** 'sha1', 'sha256' or the object identifier of another hash. */
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** Lower-case hex. */
  readonly serial: string;
}

export interface OcspRequest {
  /** At least one. */
  readonly certIds: readonly CertId[];
  /** 1 to 128 octets (RFC 9654). */
  readonly nonce?: Buffer;
}

/** Throws OCSP_MALFORMED_REQUEST, whatever the bytes. */
export const parseOcspRequest = (_bytes: Buffer): OcspRequest => {
  throw new Error('not written');
};

/** The request in the path of a GET after the responder's own prefix (RFC 6960, A.1). Throws OCSP_MALFORMED_REQUEST. */
export const decodeOcspGetPath = (_path: string): Buffer => {
  throw new Error('not written');
};

export interface OcspRequestOptions {
  readonly nonce?: Buffer;
  /** 'sha1' unless told: what every responder knows. */
  readonly hash?: 'sha1' | 'sha256';
}

/** DER. */
export const buildOcspRequest = (
  _issuerCertificate: Buffer,
  _serials: readonly string[],
  _options: OcspRequestOptions = {},
): Buffer => {
  throw new Error('not written');
};
