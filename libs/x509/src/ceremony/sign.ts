import { assembleSigned } from '../asn1/assemble-signed.js';
import { encodeName, type DistinguishedName } from '../asn1/distinguished-name.js';
import { wholeSeconds } from '../asn1/der-time.js';
import { certificateFacts } from '../certificate/facts.js';
import { issueRoot, type IssuerReference } from '../certificate/issue-certificate.js';
import { newSerial } from '../asn1/serial.js';
import { buildTbsCsr } from '../csr/create-csr.js';
import { encodeRevokedEntry, type RevokedEntry } from '../crl/revoked-entry.js';
import { assembleCrl, buildTbsCertList } from '../crl/tbs-cert-list.js';
import { type KeyAlgorithm, signatureAlgorithmFor } from '../signer/key-algorithm.js';
import { keyHashOf } from '../signer/public-key.js';
import { type Signer } from '../signer/signer.js';
import type { CeremonyCrl } from './manifest.js';
import { type CeremonyIssuerKind, type CeremonyPlan, crlNumberOf } from './plan.js';

const titles: Readonly<Record<CeremonyIssuerKind | 'root', string>> = {
  root: 'Root',
  intermediate: 'Intermediate',
  workload: 'Workload Issuer',
  server: 'Server Issuer',
};

/** As every CA of ours: the id makes the name its own. */
export const ceremonySubject = (
  trustDomain: string,
  kind: CeremonyIssuerKind | 'root',
  spki: Buffer,
): DistinguishedName => [
  { type: 'O', value: trustDomain },
  { type: 'CN', value: `Cartulary ${titles[kind]} ${keyHashOf(spki).slice(0, 16)}` },
];

/** A new root, its key in the signer. */
export const makeCeremonyRoot = async (
  signer: Signer,
  plan: Pick<CeremonyPlan, 'trustDomain' | 'from' | 'skewSeconds' | 'rootNotAfter'>,
  algorithm: KeyAlgorithm,
): Promise<IssuerReference> => {
  const { keyId, spki } = await signer.generate(algorithm);
  const dates = {
    notBefore: wholeSeconds(new Date(Date.parse(plan.from) - plan.skewSeconds * 1_000)),
    notAfter: wholeSeconds(new Date(plan.rootNotAfter)),
  };
  const subject = ceremonySubject(plan.trustDomain, 'root', spki);
  return {
    keyId,
    certificate: await issueRoot({ profile: 'root', serial: newSerial(), subject, ...dates }, keyId, signer),
  };
};

interface Signing {
  readonly root: IssuerReference;
  readonly signer: Signer;
}

interface CrlContents {
  /** Index of the plan's date. */
  readonly date: number;
  /** Serials of the issuers that it cuts off. */
  readonly revoked: readonly string[];
  /** Of the set in `setsOf`; absent where nobody is cut off. */
  readonly index?: number;
}

/** The plan's CRL of one date. */
export const signRootCrl = async (
  { root, signer }: Signing,
  plan: CeremonyPlan,
  { date, revoked, index }: CrlContents,
): Promise<CeremonyCrl & { readonly bytes: Buffer }> => {
  const { from, nextUpdate } = plan.crls[date]!;
  const set = index === undefined ? undefined : { index, size: revoked.length };
  // One that cuts off is newer by its date as well as by its number: OpenSSL goes by the date where it has both.
  const backdated = Date.parse(from) - plan.skewSeconds * 1_000 + 1_000 * revoked.length;
  const issuer = certificateFacts(root.certificate);
  const thisUpdate = wholeSeconds(new Date(Math.max(backdated, issuer.notBefore.getTime())));
  const number = crlNumberOf(plan, date, set);
  const { algorithm } = await signer.key(root.keyId);
  const entries: RevokedEntry[] = [
    ...plan.revoked.map(({ serial, revokedAt }) => ({ serial, revokedAt: new Date(revokedAt) })),
    ...revoked.map((serial) => ({ serial, revokedAt: thisUpdate })),
  ].map((entry) => ({ ...entry, reason: 'cACompromise' as const }));
  const toBeSigned = buildTbsCertList({
    issuerName: issuer.subjectName,
    authorityKeyId: issuer.subjectKeyId,
    signatureAlgorithm: signatureAlgorithmFor(algorithm),
    crlNumber: BigInt(number),
    ...{ thisUpdate, nextUpdate: new Date(nextUpdate) },
    entries: entries.sort(bySerial).map(encodeRevokedEntry),
  });
  const { certificate, keyId } = root;
  const signature = await signer.sign({ keyId, usage: 'crl', toBeSigned, certificate });
  const text = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;
  return {
    ...{ number, from, thisUpdate: text(thisUpdate), nextUpdate: text(new Date(nextUpdate)) },
    bytes: assembleCrl(toBeSigned, signatureAlgorithmFor(algorithm), signature),
  };
};

// As integers: both are positive and minimal.
const bySerial = (a: RevokedEntry, b: RevokedEntry): number =>
  a.serial.length - b.serial.length || (a.serial < b.serial ? -1 : 1);

/** A new key in the signer and a PKCS #10 request for it (DER), so that it never leaves. The name is the root's to give. */
export const requestIssuer = async (signer: Signer, algorithm: KeyAlgorithm): Promise<Buffer> => {
  const { keyId, spki } = await signer.generate(algorithm);
  const toBeSigned = buildTbsCsr(encodeName([]), spki, []);
  const signature = await signer.sign({ keyId, usage: 'csr', toBeSigned });
  return assembleSigned(toBeSigned, signatureAlgorithmFor(algorithm), signature);
};
