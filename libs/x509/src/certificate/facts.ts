import { keyHashOf, keyIdentifierOf } from '../signer/public-key.js';
import { parseCertificate, subjectKeyIdOf } from './parsed-certificate.js';

/** What others need to know of a certificate to sign below it or match against it. */
export interface CertificateFacts {
  /** Lower-case hex. */
  readonly serial: string;
  /** Names and key: DER, byte for byte. */
  readonly subjectName: Buffer;
  readonly issuerName: Buffer;
  readonly spki: Buffer;
  /** SHA-256 of the SPKI, lower-case hex. */
  readonly keyHash: string;
  /** The extension's, else what we would have written there. */
  readonly subjectKeyId: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Throws CERTIFICATE_MALFORMED. */
export const certificateFacts = (certificate: Buffer): CertificateFacts => {
  const parsed = parseCertificate(certificate);
  const { serial, subjectName, issuerName, spki, notBefore, notAfter } = parsed;
  const subjectKeyId = subjectKeyIdOf(parsed) ?? keyIdentifierOf(spki);
  return { serial, subjectName, issuerName, spki, keyHash: keyHashOf(spki), subjectKeyId, notBefore, notAfter };
};
