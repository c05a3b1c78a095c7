import { assembleSigned } from '../asn1/assemble-signed.js';
import { context, integer, sequence } from '../asn1/der-writer.js';
import { time } from '../asn1/der-time.js';
import { encodeSerial } from '../asn1/serial.js';
import { signatureIdentifier } from '../asn1/signature-identifier.js';
import { type SignatureAlgorithm } from '../signer/key-algorithm.js';
import { encodeExtensions, type Extension } from './extension.js';

/** Everything in a certificate but the signature. Same template, same bytes. */
export interface CertificateTemplate {
  readonly serial: string;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** Name, DER; copied byte for byte from the issuer's subject. */
  readonly issuerName: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Name, DER. */
  readonly subjectName: Buffer;
  readonly spki: Buffer;
  readonly extensions: readonly Extension[];
}

/** TBSCertificate, DER (RFC 5280, section 4.1). */
export const buildTbsCertificate = (template: CertificateTemplate): Buffer =>
  sequence(
    context(0, integer(2)),
    encodeSerial(template.serial),
    signatureIdentifier(template.signatureAlgorithm),
    template.issuerName,
    sequence(time(template.notBefore), time(template.notAfter)),
    template.subjectName,
    template.spki,
    context(3, encodeExtensions(template.extensions)),
  );

/** The certificate, DER. */
export const assembleCertificate = assembleSigned;
