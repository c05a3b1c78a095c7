/** Every stable code this package can throw; the edge maps each to a wire status. */
export const x509ErrorCodes = [
  'PEM_MALFORMED',
  'DER_MALFORMED',
  'SPIFFE_ID_INVALID',
  'CSR_TOO_LARGE',
  'CSR_MALFORMED',
  'CSR_BAD_SIGNATURE',
  'CSR_WEAK_SIGNATURE',
  'CSR_UNSUPPORTED_SIGNATURE',
  'CSR_WEAK_KEY',
  'CSR_UNSUPPORTED_KEY',
  'CSR_DUPLICATE_EXTENSION',
  'CSR_UNKNOWN_EXTENSION',
  'CSR_FORBIDDEN_EXTENSION',
  'CSR_INVALID_NAME',
  'CERTIFICATE_MALFORMED',
  'CERTIFICATE_TEMPLATE_INVALID',
  'CERTIFICATE_CHAIN_INVALID',
  'CERTIFICATE_SVID_INVALID',
  'ISSUER_IMPORT_MALFORMED',
  'ISSUER_IMPORT_KEY_MISMATCH',
  'ISSUER_IMPORT_NOT_A_CA',
  'ISSUER_IMPORT_CHAIN_INVALID',
  'ISSUER_IMPORT_EXPIRED',
  'ISSUER_IMPORT_WEAK_KEY',
  'CRL_MALFORMED',
  'CRL_BAD_SIGNATURE',
  'OCSP_MALFORMED_REQUEST',
  'OCSP_MALFORMED_RESPONSE',
  'OCSP_UNTRUSTED_RESPONSE',
  'LINT_REFUSED',
  'SIGNER_REFUSED',
  'KEYSTORE_WRONG_PASSPHRASE',
  'KEYSTORE_INSECURE_PERMISSIONS',
  'KEYSTORE_CORRUPT',
  'KEYSTORE_KEY_NOT_FOUND',
  'KEYSTORE_UNSUPPORTED_KEY',
] as const;

export type X509ErrorCode = (typeof x509ErrorCodes)[number];

type CodeOf<Prefix extends string> = Extract<X509ErrorCode, `${Prefix}_${string}`>;

/** What this package throws on purpose. Messages never quote the input: it may hold a private key. */
export abstract class X509Error extends Error {
  abstract readonly code: X509ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Bytes that are not strict PEM (RFC 7468) or not strict DER (X.690). */
export class EncodingError extends X509Error {
  constructor(
    readonly code: CodeOf<'PEM'> | CodeOf<'DER'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A string that is not a SPIFFE ID (SPIFFE-ID, section 2). */
export class SpiffeIdError extends X509Error {
  readonly code = 'SPIFFE_ID_INVALID';
}

/** A certificate signing request that is refused, and why. */
export class CsrError extends X509Error {
  constructor(
    readonly code: CodeOf<'CSR'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A certificate, template or path that breaks a rule. */
export class CertificateError extends X509Error {
  constructor(
    readonly code: CodeOf<'CERTIFICATE'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An issuer brought from outside that can't be used. */
export class IssuerImportError extends X509Error {
  constructor(
    readonly code: CodeOf<'ISSUER_IMPORT'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export class CrlError extends X509Error {
  constructor(
    readonly code: CodeOf<'CRL'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export class OcspError extends X509Error {
  constructor(
    readonly code: CodeOf<'OCSP'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The signer was asked to sign bytes that are not what the usage says. */
export class SignerRefusedError extends X509Error {
  readonly code = 'SIGNER_REFUSED';
}

export class KeyStoreError extends X509Error {
  constructor(
    readonly code: CodeOf<'KEYSTORE'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
