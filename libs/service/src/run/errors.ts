/** A service that runs by itself can't start on what it found; the message says what to do. */
export class ServiceSetupError extends Error {
  readonly code = 'SERVICE_SETUP';
}

/** A certificate of the service's own has ended; the code is what /readyz shows. */
export class OwnCertificateExpiredError extends Error {
  readonly code = 'OWN_CERTIFICATE_EXPIRED';
}
