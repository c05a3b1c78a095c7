import { type SignatureAlgorithm } from '../signer/key-algorithm.js';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** extnValue's content, DER. */
  readonly value: Buffer;
}

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

export const buildTbsCertificate = (_template: CertificateTemplate): Buffer => {
  throw new Error('not written');
};

/** The certificate, DER. */
export const assembleCertificate = (_tbs: Buffer, _algorithm: SignatureAlgorithm, _signature: Buffer): Buffer => {
  throw new Error('not written');
};
