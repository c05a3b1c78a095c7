import type { EdgeProblemCode } from '@cartulary/contracts';

/** A request that is refused at the door; `code` is a row of the problem table. */
abstract class AccessError extends Error {
  abstract readonly code: EdgeProblemCode;
  override get name(): string {
    return this.constructor.name;
  }
}

export class UnauthenticatedError extends AccessError {
  readonly code = 'UNAUTHENTICATED';
}
/** A platform's tokens can't be verified: its keys were never got. */
export class KeysUnavailableError extends AccessError {
  readonly code = 'UNAVAILABLE';
  constructor(issuer: string, options?: ErrorOptions) {
    super(`the keys of ${issuer} can't be had for now`, options);
  }
}
/** The platform that a token is of has to be asked, and can't be for now. */
export class ReviewUnavailableError extends AccessError {
  readonly code = 'UNAVAILABLE';
}
export class ForbiddenError extends AccessError {
  readonly code = 'FORBIDDEN';
}

export class CredentialRefusedError extends AccessError {
  constructor(
    readonly code: 'CREDENTIAL_EXPIRED' | 'CREDENTIAL_HELD' | 'CREDENTIAL_REVOKED' | 'CREDENTIAL_SUSPENDED',
    message: string,
  ) {
    super(message);
  }
}

export class InvalidRequestError extends AccessError {
  readonly code = 'INVALID_REQUEST';
  /** Members of the problem document that it becomes. */
  readonly extensions: { readonly errors: readonly { readonly pointer: string; readonly message: string }[] };
  constructor(errors: readonly { readonly pointer: string; readonly message: string }[]) {
    super(errors.map(({ pointer, message }) => `${pointer || '/'}: ${message}`).join('; '));
    this.extensions = { errors };
  }
}
