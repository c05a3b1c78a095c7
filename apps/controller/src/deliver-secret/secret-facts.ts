import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { V1Secret } from '@kubernetes/client-node';
import { pemChainToDer } from '@cartulary/x509';
import { digestOf } from '../trust/trust-anchors.js';
import { ACCOUNT, DELIVERED, managedBy, type SecretForm } from './secret-form.js';

/** What there is to know of a Secret. The private key is looked at and forgotten. */
export interface SecretFacts {
  readonly resourceVersion: string;
  readonly uid: string;
  readonly type: string;
  /** Name of the account that its annotation names. */
  readonly account?: string;
  /** UIDs of the service accounts that own it. */
  readonly owners: readonly string[];
  readonly labelled: boolean;
  readonly deliveredAt?: Date;
  /** Undefined where the chain's first certificate can't be read. */
  readonly certificate?: DeliveredCertificate;
  /** SHA-256 of the root's PEM as it lies there. */
  readonly rootDigest: string;
}

export interface DeliveredCertificate {
  readonly serial: string;
  /** Subject alternative names; URIs without their prefix. */
  readonly uris: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The private key beside it is its own. */
  readonly keyFits: boolean;
  /** Last of the chain, where each certificate is signed by the next; undefined where one is not. */
  readonly top?: X509Certificate;
}

/** The issuers behind leaves: the same few for every Secret, so that they are read and verified once. */
const chains = new Map<string, readonly X509Certificate[] | undefined>();

const text = (secret: V1Secret, key: string): string =>
  Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');

export const inspectSecret = (secret: V1Secret, form: SecretForm): SecretFacts => {
  const { metadata: { uid = '', resourceVersion = '', annotations = {}, labels = {}, ownerReferences = [] } = {} } =
    secret;
  const delivered = new Date(annotations[DELIVERED] ?? Number.NaN);
  const certificate = readCertificate(text(secret, form.keys.chain), text(secret, form.keys.key));
  return {
    ...{ uid, resourceVersion, type: secret.type ?? 'Opaque' },
    ...(annotations[ACCOUNT] === undefined ? {} : { account: annotations[ACCOUNT] }),
    owners: ownerReferences.filter(({ kind }) => kind === 'ServiceAccount').map((owner) => owner.uid),
    labelled: Object.entries(managedBy).every(([name, value]) => labels[name] === value),
    ...(Number.isNaN(delivered.getTime()) ? {} : { deliveredAt: delivered }),
    ...(certificate ? { certificate } : {}),
    rootDigest: digestOf(text(secret, form.keys.root)),
  };
};

const readCertificate = (chain: string, key: string): DeliveredCertificate | undefined => {
  try {
    const [leafDer, ...issuers] = pemChainToDer(chain);
    if (!leafDer) return undefined;
    const leaf = new X509Certificate(leafDer);
    const top = topOf(leaf, issuers);
    return {
      serial: leaf.serialNumber.toLowerCase(),
      uris: urisOf(leaf),
      notBefore: new Date(leaf.validFrom),
      notAfter: new Date(leaf.validTo),
      keyFits: fits(leaf, key),
      ...(top ? { top } : {}),
    };
  } catch {
    return undefined;
  }
};

// Compared as a whole with the one identity that may stand there; Node puts what has a comma in it in quotes.
const urisOf = ({ subjectAltName = '' }: X509Certificate): readonly string[] =>
  subjectAltName.split(', ').map((name) => name.replace(/^URI:/, ''));

const fits = (leaf: X509Certificate, key: string): boolean => {
  try {
    return leaf.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
};

const topOf = (leaf: X509Certificate, issuers: readonly Buffer[]): X509Certificate | undefined => {
  if (issuers.length === 0) return leaf;
  const digest = digestOf(issuers.map((der) => der.toString('base64')).join());
  if (!chains.has(digest)) {
    if (chains.size > 100) chains.clear();
    const read = issuers.map((der) => new X509Certificate(der));
    const linked = read.slice(1).every((issuer, index) => isSignedBy(read[index]!, issuer));
    chains.set(digest, linked ? read : undefined);
  }
  const chain = chains.get(digest);
  return chain?.[0] && isSignedBy(leaf, chain[0]) ? chain.at(-1) : undefined;
};

const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
