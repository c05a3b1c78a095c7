import { LifecycleError } from '../shared/errors.js';
import type { IssuerPurpose } from './events.js';

export class IssuerNotFoundError extends LifecycleError {
  readonly code = 'ISSUER_NOT_FOUND';
  constructor(issuerId: string) {
    super(`no issuer with id ${issuerId}`);
  }
}
export class IssuerExistsError extends LifecycleError {
  readonly code = 'ISSUER_EXISTS';
  constructor(issuerId: string) {
    super(`issuer ${issuerId} exists already`);
  }
}
export class IssuerNotActiveError extends LifecycleError {
  readonly code = 'ISSUER_NOT_ACTIVE';
  constructor(issuerId: string) {
    super(`issuer ${issuerId} does not issue: it is not active, or its own certificate ends too soon`);
  }
}
/** An epoch does not begin before everybody can have what its certificates are checked with. */
export class IssuerNotReadyError extends LifecycleError {
  readonly code = 'ISSUER_NOT_READY';
}
/** Something of the epoch is still needed. */
export class EpochNotOverError extends LifecycleError {
  readonly code = 'EPOCH_NOT_OVER';
  constructor(issuerId: string, why: string) {
    super(`issuer ${issuerId} is not retired yet: ${why}`);
  }
}
export class IssuerNotRevocableError extends LifecycleError {
  readonly code = 'ISSUER_NOT_REVOCABLE';
  constructor(issuerId: string, purpose: IssuerPurpose) {
    super(
      `issuer ${issuerId} is a ${purpose}: only workload, server and system issuers are cut off by their parent's CRL`,
    );
  }
}
export class IssuerWrongPurposeError extends LifecycleError {
  readonly code = 'ISSUER_WRONG_PURPOSE';
  constructor(issuerId: string, purpose: IssuerPurpose, profile: string) {
    super(`issuer ${issuerId} is for ${purpose} certificates: it does not issue under the profile ${profile}`);
  }
}
export class NoActiveIssuerError extends LifecycleError {
  readonly code = 'NO_ACTIVE_ISSUER';
  constructor(purpose: string) {
    super(`no active issuer for ${purpose} certificates`);
  }
}
