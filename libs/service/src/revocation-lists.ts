import { createHash } from 'node:crypto';
import type {
  CertificateHeld,
  CertificateReleased,
  CertificateRevoked,
  CrlPrepared,
  CrlPublished,
  EpochExpired,
  IssuerCompromised,
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
  type RevokedPiece,
  signatureAlgorithmFor,
} from '@cartulary/x509';

/** The events that CRLs are made from. */
export const revocationListEventTypes = [
  'IssuerCreated',
  'IssuerImported',
  'IssuerCompromised',
  'EpochExpired',
  'CertificateRevoked',
  'CertificateHeld',
  'CertificateReleased',
  'CrlPrepared',
  'CrlPublished',
] as const;

type ListEvent = (
  | IssuerCreated
  | { type: 'IssuerImported'; data: IssuerCreated['data'] }
  | IssuerCompromised
  | EpochExpired
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
  /** Certificates that ended before it are on no CRL from here on. */
  readonly expiredBefore: Date;
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

/** How an issuer's row of CRLs ends. */
export interface Ending {
  /** Its key is not trusted any more: what it would sign says nothing. */
  readonly cutOff: boolean;
  /** Position of EpochExpired, 0 before: the first CRL that is prepared after it is the last. */
  readonly expiredAt: number;
}

export class CrlMismatchError extends Error {
  readonly code = 'CRL_MISMATCH';
  constructor(issuerId: string, number: number) {
    super(`CRL ${number} of issuer ${issuerId}: the bytes rebuilt here are not those that were published`);
  }
}

/** What is known of one issuer, taken apart; nothing that follows changes it. */
export interface DumpedList {
  readonly issuerId: IssuerId;
  readonly revoked: readonly RevokedPiece[];
  readonly changedAt: number;
  readonly version: number;
  readonly expiredBefore: Date;
  readonly prepared?: DumpedPreparation;
}

/** `pieces`: the encoded entries that stand in the CRL. */
export interface DumpedPreparation extends Omit<PreparedCrl, 'toBeSigned'> {
  readonly pieces: readonly Buffer[];
}

class IssuerLists {
  revoked = new RevokedEntries();
  prepared?: PreparedCrl;
  /** The entries of the prepared one. */
  pieces: readonly Buffer[] = [];
  expiredBefore = new Date(0);
  published?: PublishedCrl;
  /** Position of the newest revocation, hold or release. */
  changedAt = 0;
  /** Version of the publication's stream. */
  version = 0;
  cutOff = false;
  expiredAt = 0;
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

  ending(issuerId: IssuerId): Ending {
    const { cutOff = false, expiredAt = 0 } = this.#issuers.get(issuerId) ?? {};
    return { cutOff, expiredAt };
  }

  /** For a snapshot: everything but the published CRLs. */
  dump(): readonly DumpedList[] {
    return [...this.#issuers].map(([issuerId, { revoked, changedAt, version, expiredBefore, prepared, pieces }]) => ({
      ...{ issuerId, revoked: revoked.pieces(), changedAt, version, expiredBefore },
      ...(prepared ? { prepared: { ...withoutBytes(prepared), pieces } } : {}),
    }));
  }

  /** As it was after the event at `position`; the issuers' own events have been applied already. */
  restore(lists: readonly DumpedList[], position: number): void {
    for (const { issuerId, revoked, changedAt, version, expiredBefore, prepared } of lists) {
      const issuer = this.#issuers.get(issuerId);
      if (!issuer) continue;
      Object.assign(issuer, { revoked: RevokedEntries.from(revoked), changedAt, version, expiredBefore });
      if (prepared) issuer.prepared = preparedOf(issuer, prepared);
    }
    this.#position = position;
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
    if (event.type === 'IssuerCompromised') this.#cutOff(event);
    const issuer = this.#issuers.get(event.data.issuerId);
    if (!issuer) return;
    switch (event.type) {
      case 'EpochExpired':
        issuer.expiredAt ||= event.position;
        return;
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

  /** An issuer's certificate goes on its parent's CRL, as any certificate that the parent has issued. */
  #cutOff({ data, position }: IssuerCompromised & { readonly position: number }): void {
    const { issuerId, parent, serial, reason, revokedAt, invalidityDate, notAfter } = data;
    const own = this.#issuers.get(issuerId);
    if (own) own.cutOff = true;
    const above = parent && this.#issuers.get(parent);
    if (!above) return;
    const since = invalidityDate ? { invalidityDate: new Date(invalidityDate) } : {};
    above.revoked.set({ serial, reason, revokedAt: new Date(revokedAt), ...since }, new Date(notAfter));
    above.changedAt = position;
  }

  #add({ issuerId, certificate, keyAlgorithm }: IssuerCreated['data']): void {
    if (this.#issuers.has(issuerId)) return;
    const { subjectName, subjectKeyId } = certificateFacts(Buffer.from(certificate, 'base64'));
    this.#issuers.set(issuerId, new IssuerLists(keyAlgorithm as PublicKeyAlgorithm, subjectName, subjectKeyId));
  }
}

const prepare = (issuer: IssuerLists, { data, position }: CrlPrepared & { position: number }): PreparedCrl => {
  const expiredBefore = new Date(data.expiredBefore);
  // Clocks of publishers differ: what has left doesn't come back.
  if (expiredBefore > issuer.expiredBefore) issuer.expiredBefore = expiredBefore;
  issuer.revoked.removeExpired(issuer.expiredBefore);
  return preparedOf(issuer, {
    number: position,
    thisUpdate: new Date(data.thisUpdate),
    nextUpdate: new Date(data.nextUpdate),
    preparedAt: new Date(data.preparedAt),
    entries: issuer.revoked.size,
    expiredBefore: issuer.expiredBefore,
    // A snapshot: revocations that follow go into the next CRL.
    pieces: issuer.revoked.encode(),
  });
};

const preparedOf = (issuer: IssuerLists, { pieces, ...facts }: DumpedPreparation): PreparedCrl => {
  issuer.pieces = pieces;
  const { number, thisUpdate, nextUpdate } = facts;
  const toBeSigned = lazily(() =>
    buildTbsCertList({
      issuerName: issuer.name,
      signatureAlgorithm: signatureAlgorithmFor(issuer.algorithm),
      authorityKeyId: issuer.keyId,
      crlNumber: BigInt(number),
      ...{ thisUpdate, nextUpdate, entries: pieces },
    }),
  );
  return { ...facts, toBeSigned };
};

const withoutBytes = ({ toBeSigned: _bytes, ...facts }: PreparedCrl): Omit<PreparedCrl, 'toBeSigned'> => facts;

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
