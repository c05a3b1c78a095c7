import { keyHashOf, keyIdentifierOf } from '../signer/public-key.js';
import { guarded, parseCertificate, subjectKeyIdOf } from './parsed-certificate.js';

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

// An issuer's or responder's certificate is asked about at every signature: by the identity of its bytes.
const known = new WeakMap<Buffer, CertificateFacts>();

/** Throws CERTIFICATE_MALFORMED. The bytes must not change afterwards. */
export const certificateFacts = (certificate: Buffer): CertificateFacts => {
  const cached = known.get(certificate);
  if (cached) return cached;
  const parsed = parseCertificate(certificate);
  const { serial, subjectName, issuerName, spki, notBefore, notAfter } = parsed;
  const facts: CertificateFacts = {
    serial,
    subjectName,
    issuerName,
    spki,
    keyHash: keyHashOf(spki),
    subjectKeyId: subjectKeyIdOf(parsed) ?? guarded(() => keyIdentifierOf(spki)),
    notBefore,
    notAfter,
  };
  known.set(certificate, facts);
  return facts;
};
