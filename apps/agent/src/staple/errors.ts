/** There is no answer of the responder that may be handed out. */
export class StapleError extends Error {
  override readonly name = 'StapleError';

  constructor(
    readonly code:
      | 'RESPONDER_UNAVAILABLE'
      | 'STAPLE_UNTRUSTED'
      | 'STAPLE_MALFORMED'
      | 'STAPLE_ENDED'
      | 'STAPLE_UNKNOWN'
      | 'STAPLE_REVOKED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
