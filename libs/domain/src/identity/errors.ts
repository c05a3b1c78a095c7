import { LifecycleError } from '../shared/errors.js';

export class IdentityAlreadyRegisteredError extends LifecycleError {
  readonly code = 'IDENTITY_ALREADY_REGISTERED';
  constructor(identity: string) {
    super(`${identity} is registered already`);
  }
}
export class IdentityNotRegisteredError extends LifecycleError {
  readonly code = 'IDENTITY_NOT_REGISTERED';
  constructor(identity: string) {
    super(`${identity} is not registered`);
  }
}
export class IdentitySuspendedError extends LifecycleError {
  readonly code = 'IDENTITY_SUSPENDED';
  constructor(identity: string) {
    super(`${identity} is suspended: nothing is issued for it until it is reinstated`);
  }
}
export class IdentityNotSuspendedError extends LifecycleError {
  readonly code = 'IDENTITY_NOT_SUSPENDED';
  constructor(identity: string) {
    super(`${identity} is not suspended`);
  }
}
