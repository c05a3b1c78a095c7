import { type KeyUsageName } from '../certificate/key-usage.js';
import { type KeyKind, type PublicKeyAlgorithm } from '../signer/key-algorithm.js';

export interface CsrPolicy {
  /** Bytes of PEM or DER; 16 KiB unless told. */
  readonly maxBytes?: number;
  /** Names in the subjectAltName; 100 unless told. */
  readonly maxNames?: number;
  /** Accepted keys; all but ML-DSA unless told. */
  readonly keyKinds?: readonly KeyKind[];
}

/** A request whose sender holds the key. What was asked for is the caller's to grant or not. */
export interface VerifiedCsr {
  /** The request itself, DER. */
  readonly der: Buffer;
  /** SubjectPublicKeyInfo, DER, byte for byte. */
  readonly spki: Buffer;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  /** SHA-256 of the SPKI, lower-case hex. */
  readonly keyHash: string;
  /** RFC 4514 text, for people and logs. */
  readonly subject: string;
  readonly subjectDer: Buffer;
  readonly uris: readonly string[];
  /** Lower-case, without a trailing dot. */
  readonly dnsNames: readonly string[];
  /** Canonical text (RFC 5952 for IPv6). */
  readonly ipAddresses: readonly string[];
  readonly requestedKeyUsage?: readonly KeyUsageName[];
  /** Object identifiers. */
  readonly requestedExtendedKeyUsage?: readonly string[];
}
