import { type Base64, type IssuerId, type IssuerPurpose, type IssuerRecord, timestamp } from '@cartulary/domain';
import {
  type CeremonyIssuerKind,
  certificateFacts,
  describeCertificate,
  type ReadCeremony,
  type Signer,
  takeCeremonyKeys,
} from '@cartulary/x509';

/** What a ceremony has made; verified by who brings it. */
export interface ImportedCeremony {
  readonly ceremony: ReadCeremony;
  /** Of the keys that were made there. */
  readonly transportPassphrase?: string;
}

const names: Readonly<Record<CeremonyIssuerKind | 'root', string>> = {
  root: 'Cartulary Root',
  intermediate: 'Cartulary Intermediate',
  workload: 'Cartulary Workload Issuer',
  server: 'Cartulary Server Issuer',
};

/** The root, whose key is elsewhere, and the issuers below it with their keys in the signer. */
export const ceremonyIssuers = async (
  { ceremony, transportPassphrase }: ImportedCeremony,
  signer: Signer,
): Promise<readonly IssuerRecord[]> => {
  const keys = await takeCeremonyKeys(ceremony, signer, transportPassphrase);
  const root = recordOf('root', ceremony.root);
  const issuers = ceremony.issuers.map(({ kind, epoch, activeFrom, keyHash, certificate }) => {
    const key = keys.get(keyHash);
    if (!key) throw new TypeError(`no key ${keyHash}`);
    const planned = kind === 'intermediate' ? {} : { activeFrom: timestamp(new Date(activeFrom)) };
    return { ...recordOf(kind, certificate), epoch, parent: root.issuerId, keyId: key.keyId, ...planned };
  });
  return [root, ...issuers];
};

const recordOf = (purpose: IssuerPurpose & keyof typeof names, certificate: Buffer): IssuerRecord => {
  const { keyHash, notBefore, notAfter } = certificateFacts(certificate);
  return {
    issuerId: keyHash.slice(0, 16) as IssuerId,
    ...{ purpose, epoch: 1, name: names[purpose] },
    certificate: certificate.toString('base64') as Base64,
    keyAlgorithm: describeCertificate(certificate).keyAlgorithm,
    ...{ notBefore: timestamp(notBefore), notAfter: timestamp(notAfter) },
  };
};
