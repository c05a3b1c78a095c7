import { type KeyUsageName } from './key-usage.js';
import { type PublicKeyAlgorithm } from '../signer/key-algorithm.js';

export interface CertificateDescription {
  readonly serial: string;
  /** RFC 4514 text. */
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyAlgorithm: PublicKeyAlgorithm;
  readonly keyHash: string;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  readonly signatureAlgorithm: string;
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly ca: boolean;
  readonly pathLength?: number;
  readonly keyUsage: readonly KeyUsageName[];
  /** Names where known, object identifiers otherwise. */
  readonly extendedKeyUsage: readonly string[];
  /** Lower-case hex. */
  readonly subjectKeyId?: string;
  readonly authorityKeyId?: string;
  readonly ocspUrls: readonly string[];
  readonly caIssuersUrls: readonly string[];
  readonly crlUrls: readonly string[];
  readonly extensions: readonly { readonly oid: string; readonly name: string; readonly critical: boolean }[];
}

/** Reads a certificate for people. Throws CERTIFICATE_MALFORMED. */
export const describeCertificate = (_certificate: Buffer): CertificateDescription => {
  throw new Error('not written');
};
