import { createHash, type Hash } from 'node:crypto';
import type { CrlPublished, DeltaCrlPublished, IssuerId } from '@cartulary/domain';
import {
  type CertListOctets,
  crlOctets,
  inTurns,
  type Octets,
  type PublicKeyAlgorithm,
  signatureAlgorithmFor,
  tbsCertList,
} from '@cartulary/x509';

/** A delta as decided on; it has the number and thisUpdate of the CRL that it goes with. */
export interface PreparedDelta {
  /** It says what has changed since the CRL of this number, and so since every later one. */
  readonly base: number;
  readonly nextUpdate: Date;
  readonly entries: number;
  /** DER, made when first asked for. */
  toBeSigned(): CertListOctets;
}

/** A CRL as decided on: everything but its signature. */
export interface PreparedCrl {
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly preparedAt: Date;
  readonly entries: number;
  /** Certificates that ended before it are on no CRL from here on. */
  readonly expiredBefore: Date;
  /** URL of the issuer's newest delta, where it has any. */
  readonly freshestCrl?: string;
  readonly delta?: PreparedDelta;
  /** DER, made when first asked for; the entries are not copied. */
  toBeSigned(): CertListOctets;
}

export interface PublishedCrl {
  readonly issuerId: IssuerId;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly sha256: string;
  /** Of a complete one. */
  readonly freshestCrl?: string;
  /** Octets of DER. */
  size(): number;
  /** DER, hashed in this turn; made when first asked for. Throws CrlMismatchError when our bytes are not those that were published. */
  octets(): Octets;
  /** The same in many short turns, for one of megabytes. Rejects with CrlMismatchError. */
  octetsInTurns(): Promise<Octets>;
  /** Of a small one, in one buffer. Throws as `octets`. */
  bytes(): Buffer;
}

export class CrlMismatchError extends Error {
  readonly code = 'CRL_MISMATCH';
  constructor(issuerId: string, number: number) {
    super(`CRL ${number} of issuer ${issuerId}: the bytes rebuilt here are not those that were published`);
  }
}

/** `pieces`: the encoded entries that stand in the CRL. */
export interface DumpedPreparation extends Omit<PreparedCrl, 'toBeSigned' | 'delta'> {
  readonly pieces: readonly Buffer[];
  readonly delta?: Omit<PreparedDelta, 'toBeSigned'> & { readonly pieces: readonly Buffer[] };
}

export interface CrlIssuer {
  readonly algorithm: PublicKeyAlgorithm;
  readonly name: Buffer;
  readonly keyId: Buffer;
}

export const preparedOf = (issuer: CrlIssuer, { pieces, delta, ...facts }: DumpedPreparation): PreparedCrl => {
  const { number, thisUpdate, nextUpdate, freshestCrl } = facts;
  const common = {
    issuerName: issuer.name,
    signatureAlgorithm: signatureAlgorithmFor(issuer.algorithm),
    authorityKeyId: issuer.keyId,
    crlNumber: BigInt(number),
    thisUpdate,
  };
  const freshest = freshestCrl === undefined ? {} : { freshestCrlUrl: freshestCrl };
  const toBeSigned = lazily(() => tbsCertList({ ...common, nextUpdate, ...freshest, entries: pieces }));
  if (!delta) return { ...facts, toBeSigned };
  const { pieces: changes, ...plan } = delta;
  const its = { nextUpdate: plan.nextUpdate, baseCrlNumber: BigInt(plan.base), entries: changes };
  return {
    ...facts,
    toBeSigned,
    delta: { ...plan, toBeSigned: lazily(() => tbsCertList({ ...common, ...its })) },
  };
};

export const publishedOf = (issuer: CrlIssuer, prepared: PreparedCrl, data: CrlPublished['data']): PublishedCrl => ({
  ...signed(issuer, prepared.toBeSigned, data),
  ...{ thisUpdate: prepared.thisUpdate, nextUpdate: prepared.nextUpdate },
  ...(prepared.freshestCrl === undefined ? {} : { freshestCrl: prepared.freshestCrl }),
});

export const publishedDeltaOf = (
  issuer: CrlIssuer,
  { thisUpdate }: PreparedCrl,
  { nextUpdate, toBeSigned }: PreparedDelta,
  data: DeltaCrlPublished['data'],
): PublishedCrl => ({ ...signed(issuer, toBeSigned, data), thisUpdate, nextUpdate });

const signed = (
  { algorithm }: CrlIssuer,
  toBeSigned: () => CertListOctets,
  { issuerId, number, sha256, signature }: CrlPublished['data'],
): Pick<PublishedCrl, 'issuerId' | 'number' | 'sha256' | 'size' | 'octets' | 'octetsInTurns' | 'bytes'> => {
  const unchecked = lazily(() =>
    crlOctets(toBeSigned(), signatureAlgorithmFor(algorithm), Buffer.from(signature, 'base64')),
  );
  const compared = (octets: Octets, hash: Hash): Octets => {
    if (hash.digest('hex') !== sha256) throw new CrlMismatchError(issuerId, number);
    return octets;
  };
  const octets = lazily(() => {
    const hash = createHash('sha256');
    for (const piece of unchecked().pieces) hash.update(piece);
    return compared(unchecked(), hash);
  });
  const octetsInTurns = async (): Promise<Octets> => {
    const hash = createHash('sha256');
    await inTurns(unchecked(), (piece) => void hash.update(piece));
    return compared(unchecked(), hash);
  };
  const [size, bytes] = [() => unchecked().length, () => octets().join()];
  return { issuerId, number, sha256, size, octets, octetsInTurns, bytes };
};

const lazily = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};
