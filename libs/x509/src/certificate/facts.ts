/** What others need to know of a certificate to sign below it or match against it. */
export interface CertificateFacts {
  readonly serial: string;
  readonly subjectName: Buffer;
  readonly issuerName: Buffer;
  readonly spki: Buffer;
  readonly keyHash: string;
  readonly subjectKeyId: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export const certificateFacts = (_certificate: Buffer): CertificateFacts => {
  throw new Error('not written');
};
