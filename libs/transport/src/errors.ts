/** A handler throws this (or LedgerUnavailableError) when the event is fine and the moment is not: retried for ever. */
export class TransientError extends Error {
  readonly code = 'TRANSIENT';
  override readonly name = 'TransientError';
}
