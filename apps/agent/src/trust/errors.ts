export type TrustFault =
  | 'BUNDLE_EMPTY'
  | 'BUNDLE_MALFORMED'
  | 'BUNDLE_ANCHOR_NOT_A_ROOT'
  | 'CRL_EMPTY'
  | 'CRL_MALFORMED'
  | 'CRL_UNKNOWN_ISSUER'
  | 'CRL_BAD_SIGNATURE'
  | 'CRL_NOT_COMPLETE'
  | 'CRL_NUMBER_LOWER'
  | 'CRL_NUMBER_OTHER'
  | 'CRL_EXPIRED'
  | 'CRL_NOT_YET_VALID';

/** Something that came from the CA and must not reach a proxy. */
export class TrustRefusedError extends Error {
  override readonly name = 'TrustRefusedError';

  constructor(
    readonly code: TrustFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
