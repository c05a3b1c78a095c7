import { certificateFacts } from '../certificate/facts.js';
import { type IssuerReference } from '../certificate/issue-certificate.js';
import { type RevokedEntries } from '../crl/revoked-entries.js';
import { assembleCrl, buildTbsCertList } from '../crl/tbs-cert-list.js';
import { signatureAlgorithmFor } from '../signer/key-algorithm.js';
import { type Signer } from '../signer/signer.js';

export interface CrlDates {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** A CRL as the publisher makes it; for tests. */
export const publishCrl = async (
  { certificate, keyId }: IssuerReference,
  signer: Signer,
  entries: RevokedEntries,
  crlNumber: bigint,
  { thisUpdate, nextUpdate }: CrlDates,
): Promise<Buffer> => {
  const { subjectName, subjectKeyId } = certificateFacts(certificate);
  const signatureAlgorithm = signatureAlgorithmFor((await signer.key(keyId)).algorithm);
  const toBeSigned = buildTbsCertList({
    issuerName: subjectName,
    authorityKeyId: subjectKeyId,
    signatureAlgorithm,
    thisUpdate,
    nextUpdate,
    crlNumber,
    entries: entries.encode(),
  });
  return assembleCrl(toBeSigned, signatureAlgorithm, await signer.sign({ keyId, usage: 'crl', toBeSigned }));
};
