import type { Issuer } from '@cartulary/contracts';
import { type CertificateDescription, describeCertificate, pemChainToDer } from '@cartulary/x509';
import type { Examination } from './examination.js';

/** As --public-url says, else as the issuers' own publications are named. */
export const publicUrlOf = ({ flags }: Examination, issuers: readonly Issuer[]): string | undefined =>
  flags.publicUrl ?? issuers.flatMap(({ crlUrl }) => crlUrl ?? [])[0]?.replace(/\/crl\/[^/]+$/, '');

/** A certificate of this issuer's, as a relying party has it: the newest that is good, else that of a CA below it. */
export const certificateBelow = async (
  examination: Examination,
  { issuerId }: Issuer,
): Promise<CertificateDescription | undefined> => {
  const { certificates } = await examination.client.listCertificates({
    query: { issuerId, status: 'active', include: 'pem', limit: 1 },
  });
  const child = (await examination.issuers()).find(
    ({ parent, status }) => parent === issuerId && status !== 'compromised' && status !== 'retired',
  );
  const pem = certificates[0]?.certificate ?? child?.certificate;
  const [der] = pem ? pemChainToDer(pem) : [];
  return der && describeCertificate(der);
};
