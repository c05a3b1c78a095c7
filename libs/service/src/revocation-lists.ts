import type {
  CertificateHeld,
  CertificateReleased,
  CertificateRevoked,
  CrlPrepared,
  CrlPublished,
  DeltaCrlPublished,
  DeltaPlan,
  EpochExpired,
  IssuerCompromised,
  IssuerCreated,
  IssuerId,
} from '@cartulary/domain';
import type { RecordedEvent } from '@cartulary/ledger';
import {
  certificateFacts,
  type PublicKeyAlgorithm,
  RevokedEntries,
  type RevokedEntry,
  type RevokedPiece,
} from '@cartulary/x509';
import {
  type CrlIssuer,
  type DumpedPreparation,
  preparedOf,
  type PreparedCrl,
  publishedDeltaOf,
  type PublishedCrl,
  publishedOf,
} from './crl-bytes.js';
import { DeltaBases } from './delta-bases.js';

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
  'DeltaCrlPublished',
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
  | DeltaCrlPublished
) & { readonly position: number; readonly version: number };

/** How an issuer's row of CRLs ends. */
export interface Ending {
  /** Its key is not trusted any more: what it would sign says nothing. */
  readonly cutOff: boolean;
  /** Position of EpochExpired, 0 before: the first CRL that is prepared after it is the last. */
  readonly expiredAt: number;
}

/** What is known of one issuer, taken apart; nothing that follows changes it. */
export interface DumpedList {
  readonly issuerId: IssuerId;
  readonly revoked: readonly RevokedPiece[];
  readonly released: readonly ReleasedEntry[];
  readonly changedAt: number;
  readonly version: number;
  readonly expiredBefore: Date;
  readonly prepared?: DumpedPreparation;
}

/** It was held and is good again: a delta takes it off the CRL. Times in milliseconds. */
export interface ReleasedEntry {
  readonly serial: string;
  readonly position: number;
  readonly releasedAt: number;
  readonly notAfter: number;
}

class IssuerLists implements CrlIssuer {
  revoked = new RevokedEntries();
  /** By serial, until they expire. */
  released = new Map<string, ReleasedEntry>();
  prepared?: PreparedCrl;
  /** The prepared one, taken apart. */
  preparation?: DumpedPreparation;
  expiredBefore = new Date(0);
  published?: PublishedCrl;
  delta: PublishedCrl | undefined;
  readonly bases = new DeltaBases();
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

  /** The newest delta; undefined where the issuer has none, or has none any more. */
  publishedDelta(issuerId: IssuerId): PublishedCrl | undefined {
    return this.#issuers.get(issuerId)?.delta;
  }

  /**
   * Number of the oldest published CRL that somebody may still use at the time: what a delta should build on. Not known
   * after `restore`.
   */
  deltaBase(issuerId: IssuerId, now: Date): number | undefined {
    return this.#issuers.get(issuerId)?.bases.at(now);
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
    return [...this.#issuers].map(([issuerId, issuer]) => {
      const { revoked, released, changedAt, version, expiredBefore, preparation } = issuer;
      return {
        ...{ issuerId, revoked: revoked.pieces(), released: [...released.values()], changedAt, version, expiredBefore },
        ...(preparation ? { prepared: preparation } : {}),
      };
    });
  }

  /** As it was after the event at `position`; the issuers' own events have been applied already. */
  restore(lists: readonly DumpedList[], position: number): void {
    for (const { issuerId, revoked, released, changedAt, version, expiredBefore, prepared } of lists) {
      const issuer = this.#issuers.get(issuerId);
      if (!issuer) continue;
      Object.assign(issuer, { revoked: RevokedEntries.from(revoked), changedAt, version, expiredBefore });
      issuer.released = new Map(released.map((entry) => [entry.serial, entry]));
      if (prepared) setPrepared(issuer, prepared);
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
        list(issuer, { serial, reason, revokedAt: new Date(revokedAt), ...since }, notAfter, event.position);
        return;
      }
      case 'CertificateHeld': {
        const { serial, heldAt, notAfter } = event.data;
        list(issuer, { serial, reason: 'certificateHold', revokedAt: new Date(heldAt) }, notAfter, event.position);
        return;
      }
      case 'CertificateReleased':
        return release(issuer, event);
      case 'CrlPrepared':
        issuer.version = event.version;
        setPrepared(issuer, prepare(issuer, event));
        return;
      case 'CrlPublished':
      case 'DeltaCrlPublished':
        issuer.version = event.version;
        return publish(issuer, event);
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
    list(above, { serial, reason, revokedAt: new Date(revokedAt), ...since }, notAfter, position);
  }

  #add({ issuerId, certificate, keyAlgorithm }: IssuerCreated['data']): void {
    if (this.#issuers.has(issuerId)) return;
    const { subjectName, subjectKeyId } = certificateFacts(Buffer.from(certificate, 'base64'));
    this.#issuers.set(issuerId, new IssuerLists(keyAlgorithm as PublicKeyAlgorithm, subjectName, subjectKeyId));
  }
}

const list = (issuer: IssuerLists, entry: RevokedEntry, notAfter: string, position: number): void => {
  issuer.revoked.set(entry, new Date(notAfter), position);
  issuer.released.delete(entry.serial);
  issuer.changedAt = position;
};

const release = (issuer: IssuerLists, { data, position }: CertificateReleased & { position: number }): void => {
  const { serial } = data;
  issuer.changedAt = position;
  if (!issuer.revoked.remove(serial)) return;
  const [releasedAt, notAfter] = [Date.parse(data.releasedAt), Date.parse(data.notAfter)];
  issuer.released.set(serial, { serial, position, releasedAt, notAfter });
};

const setPrepared = (issuer: IssuerLists, preparation: DumpedPreparation): void => {
  issuer.preparation = preparation;
  issuer.prepared = preparedOf(issuer, preparation);
};

// A number that was superseded before it was signed is discarded by the ledger, not here.
const publish = (issuer: IssuerLists, event: CrlPublished | DeltaCrlPublished): void => {
  const { prepared } = issuer;
  if (prepared?.number !== event.data.number) return;
  if (event.type === 'CrlPublished') {
    issuer.published = publishedOf(issuer, prepared, event.data);
    issuer.bases.add(prepared.number, prepared.nextUpdate, prepared.preparedAt);
    if (prepared.freshestCrl === undefined) issuer.delta = undefined;
  } else if (prepared.delta) issuer.delta = publishedDeltaOf(issuer, prepared, prepared.delta, event.data);
};

const prepare = (issuer: IssuerLists, { data, position }: CrlPrepared & { position: number }): DumpedPreparation => {
  const expiredBefore = new Date(data.expiredBefore);
  // Clocks of publishers differ: what has left doesn't come back.
  if (expiredBefore > issuer.expiredBefore) issuer.expiredBefore = expiredBefore;
  issuer.revoked.removeExpired(issuer.expiredBefore);
  for (const [serial, { notAfter }] of issuer.released) {
    if (notAfter < issuer.expiredBefore.getTime()) issuer.released.delete(serial);
  }
  return {
    number: position,
    thisUpdate: new Date(data.thisUpdate),
    nextUpdate: new Date(data.nextUpdate),
    preparedAt: new Date(data.preparedAt),
    entries: issuer.revoked.size,
    expiredBefore: issuer.expiredBefore,
    // A snapshot: revocations that follow go into the next CRL.
    pieces: issuer.revoked.encode(),
    ...(data.freshestCrl === undefined ? {} : { freshestCrl: data.freshestCrl }),
    ...(data.delta ? { delta: deltaOf(issuer, data.delta) } : {}),
  };
};

// RFC 5280, section 5.2.4: what was held in any CRL since the base and is released has to be in it as removeFromCRL, and
// may be if it never was in one. What has expired may be left out: relying parties don't ask about it.
const deltaOf = ({ revoked, released }: IssuerLists, { base, nextUpdate }: DeltaPlan): DumpedPreparation['delta'] => {
  const removed = [...released.values()]
    .filter(({ position }) => position > base)
    .map(({ serial, releasedAt }) => ({ serial, removedAt: new Date(releasedAt) }));
  const changes = revoked.changedSince(base, removed);
  return { base, nextUpdate: new Date(nextUpdate), entries: changes.size, pieces: changes.encode() };
};
