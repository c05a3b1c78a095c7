import { LifecycleError } from '../shared/errors.js';
import type { Serial } from '../shared/ids.js';

export class CertificateNotFoundError extends LifecycleError {
  readonly code = 'CERTIFICATE_NOT_FOUND';
  constructor(readonly serial: Serial) {
    super(`no certificate with serial ${serial}`);
  }
}
export class CertificateExistsError extends LifecycleError {
  readonly code = 'CERTIFICATE_EXISTS';
  constructor(readonly serial: Serial) {
    super(`serial ${serial} was issued already`);
  }
}
export class CertificateRevokedError extends LifecycleError {
  readonly code = 'CERTIFICATE_REVOKED';
  constructor(readonly serial: Serial) {
    super(`certificate ${serial} is revoked, and a revocation is final`);
  }
}
export class CertificateHeldError extends LifecycleError {
  readonly code = 'CERTIFICATE_HELD';
  constructor(readonly serial: Serial) {
    super(`certificate ${serial} is on hold`);
  }
}
export class CertificateNotHeldError extends LifecycleError {
  readonly code = 'CERTIFICATE_NOT_HELD';
  constructor(readonly serial: Serial) {
    super(`certificate ${serial} is not on hold: there is nothing to release`);
  }
}
export class CertificateNotRevokedError extends LifecycleError {
  readonly code = 'CERTIFICATE_NOT_REVOKED';
  constructor(readonly serial: Serial) {
    super(`certificate ${serial} is neither revoked nor on hold: there is nothing to enforce`);
  }
}
export class CertificateExpiredError extends LifecycleError {
  readonly code = 'CERTIFICATE_EXPIRED';
  constructor(readonly serial: Serial) {
    super(`certificate ${serial} has expired`);
  }
}
export class RenewalSameKeyError extends LifecycleError {
  readonly code = 'RENEWAL_SAME_KEY';
  constructor(readonly serial: Serial) {
    super(`a renewal of ${serial} needs a new key: the request has the key of the certificate it renews`);
  }
}
export class RenewalWrongIdentityError extends LifecycleError {
  readonly code = 'RENEWAL_WRONG_IDENTITY';
  constructor(readonly serial: Serial) {
    super(`a renewal of ${serial} keeps its identity, profile and names: anything else is an issuance of its own`);
  }
}
export class InvalidityDateError extends LifecycleError {
  readonly code = 'INVALIDITY_DATE_IN_FUTURE';
  constructor() {
    super('invalidityDate says since when the key is suspect: it cannot lie in the future');
  }
}
