import { createHash } from 'node:crypto';
import type {
  CertificateHeld,
  CertificateReleased,
  CertificateRevoked,
  CrlPrepared,
  CrlPublished,
  IssuerCreated,
  IssuerId,
} from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import {
  assembleCrl,
  buildTbsCertList,
  certificateFacts,
  type PublicKeyAlgorithm,
  RevokedEntries,
  signatureAlgorithmFor,
} from '@cartulary/x509';

/** The events that CRLs are made from. */
export const revocationListEventTypes = [
  'IssuerCreated',
  'IssuerImported',
  'CertificateRevoked',
  'CertificateHeld',
  'CertificateReleased',
  'CrlPrepared',
  'CrlPublished',
] as const;

type ListEvent = (
  | IssuerCreated
  | { type: 'IssuerImported'; data: IssuerCreated['data'] }
  | CertificateRevoked
  | CertificateHeld
  | CertificateReleased
  | CrlPrepared
  | CrlPublished
) & { readonly position: number; readonly version: number };

/** A CRL as decided on: everything but its signature. */
export interface PreparedCrl {
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly preparedAt: Date;
  readonly entries: number;
  /** DER, made when first asked for. */
  toBeSigned(): Buffer;
}

export interface PublishedCrl {
  readonly issuerId: IssuerId;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly sha256: string;
  /** DER; made when first asked for. Throws CrlMismatchError when our bytes are not those that were published. */
  bytes(): Buffer;
}

export class CrlMismatchError extends Error {
  readonly code = 'CRL_MISMATCH';
  constructor(issuerId: string, number: number) {
    super(`CRL ${number} of issuer ${issuerId}: the bytes rebuilt here are not those that were published`);
  }
}

class IssuerLists {
  readonly revoked = new RevokedEntries();
  prepared?: PreparedCrl;
  published?: PublishedCrl;
  /** Position of the newest revocation, hold or release. */
  changedAt = 0;
  /** Version of the publication's stream. */
  version = 0;
  constructor(
    readonly algorithm: PublicKeyAlgorithm,
    readonly name: Buffer,
    readonly keyId: Buffer,
  ) {}
}

/**
 * Folds the events into each issuer's revoked entries and CRLs. The publisher and every responder hold one: the bytes
 * of a CRL follow from the events before its CrlPrepared, so they are the same everywhere and need not travel.
 */
export class RevocationLists {
  readonly #issuers = new Map<IssuerId, IssuerLists>();
  #position = 0;

  issuers(): readonly IssuerId[] {
    return [...this.#issuers.keys()];
  }

  prepared(issuerId: IssuerId): PreparedCrl | undefined {
    return this.#issuers.get(issuerId)?.prepared;
  }

  published(issuerId: IssuerId): PublishedCrl | undefined {
    return this.#issuers.get(issuerId)?.published;
  }

  /** Version of the issuer's publication stream: the next CRL event is appended on top of it. */
  version(issuerId: IssuerId): number {
    return this.#issuers.get(issuerId)?.version ?? 0;
  }

  /** Position of the issuer's newest revocation, hold or release; 0 when there is none. */
  changedAt(issuerId: IssuerId): number {
    return this.#issuers.get(issuerId)?.changedAt ?? 0;
  }

  /**
   * Events come in the order of positions. What has been applied is passed over: a batch that comes again must not put
   * later revocations into an earlier CRL.
   */
  apply(recorded: Pick<RecordedEvent, 'type' | 'data' | 'position' | 'version'>): void {
    if (recorded.position <= this.#position) return;
    this.#apply(recorded);
    this.#position = recorded.position;
  }

  #apply(recorded: Pick<RecordedEvent, 'type' | 'data' | 'position' | 'version'>): void {
    const event = recorded as unknown as ListEvent;
    if (event.type === 'IssuerCreated' || event.type === 'IssuerImported') return this.#add(event.data);
    const issuer = this.#issuers.get(event.data.issuerId);
    if (!issuer) return;
    switch (event.type) {
      case 'CertificateRevoked': {
        const { serial, reason, revokedAt, invalidityDate, notAfter } = event.data;
        const since = invalidityDate ? { invalidityDate: new Date(invalidityDate) } : {};
        issuer.revoked.set({ serial, reason, revokedAt: new Date(revokedAt), ...since }, new Date(notAfter));
        issuer.changedAt = event.position;
        return;
      }
      case 'CertificateHeld': {
        const { serial, heldAt, notAfter } = event.data;
        issuer.revoked.set({ serial, reason: 'certificateHold', revokedAt: new Date(heldAt) }, new Date(notAfter));
        issuer.changedAt = event.position;
        return;
      }
      case 'CertificateReleased':
        issuer.revoked.remove(event.data.serial);
        issuer.changedAt = event.position;
        return;
      case 'CrlPrepared':
        issuer.version = event.version;
        issuer.prepared = prepare(issuer, event);
        return;
      case 'CrlPublished':
        issuer.version = event.version;
        // A number that was superseded before it was signed is discarded by the ledger, not here.
        if (issuer.prepared?.number === event.data.number)
          issuer.published = publish(issuer, issuer.prepared, event.data);
        return;
    }
  }

  #add({ issuerId, certificate, keyAlgorithm }: IssuerCreated['data']): void {
    if (this.#issuers.has(issuerId)) return;
    const { subjectName, subjectKeyId } = certificateFacts(Buffer.from(certificate, 'base64'));
    this.#issuers.set(issuerId, new IssuerLists(keyAlgorithm as PublicKeyAlgorithm, subjectName, subjectKeyId));
  }
}

const prepare = (issuer: IssuerLists, { data, position }: CrlPrepared & { position: number }): PreparedCrl => {
  issuer.revoked.removeExpired(new Date(data.expiredBefore));
  // The pieces are a snapshot: revocations that follow go into the next CRL.
  const pieces = issuer.revoked.encode();
  const times = { thisUpdate: new Date(data.thisUpdate), nextUpdate: new Date(data.nextUpdate) };
  const toBeSigned = lazily(() =>
    buildTbsCertList({
      issuerName: issuer.name,
      signatureAlgorithm: signatureAlgorithmFor(issuer.algorithm),
      authorityKeyId: issuer.keyId,
      crlNumber: BigInt(position),
      entries: pieces,
      ...times,
    }),
  );
  return {
    number: position,
    ...times,
    preparedAt: new Date(data.preparedAt),
    entries: issuer.revoked.size,
    toBeSigned,
  };
};

const publish = (issuer: IssuerLists, prepared: PreparedCrl, data: CrlPublished['data']): PublishedCrl => {
  const { number, thisUpdate, nextUpdate } = prepared;
  const bytes = lazily(() => {
    const signature = Buffer.from(data.signature, 'base64');
    const crl = assembleCrl(prepared.toBeSigned(), signatureAlgorithmFor(issuer.algorithm), signature);
    if (createHash('sha256').update(crl).digest('hex') !== data.sha256)
      throw new CrlMismatchError(data.issuerId, number);
    return crl;
  });
  return { issuerId: data.issuerId, number, thisUpdate, nextUpdate, sha256: data.sha256, bytes };
};

const lazily = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};
