import type { Decider, DomainEvent } from '../shared/decider.js';
import { LifecycleError } from '../shared/errors.js';
import type { Base64, IssuerId, Serial, Timestamp } from '../shared/ids.js';

/**
 * A CRL was decided on. Its number is this event's ledger position (RFC 5280, section 5.2.3), and it holds every
 * revocation before that position whose certificate had not expired by `expiredBefore`: at the latest the thisUpdate of
 * the CRL published before, since an entry stays until it stood in one CRL issued after expiry (section 3.3).
 */
export type CrlPrepared = DomainEvent<
  'CrlPrepared',
  {
    issuerId: IssuerId;
    thisUpdate: Timestamp;
    nextUpdate: Timestamp;
    expiredBefore: Timestamp;
    preparedAt: Timestamp;
    /** Stands in it where the issuer has deltas: the URL of the newest. */
    freshestCrl?: string;
    /** The delta that goes with it and has the same number; none before there is a base. */
    delta?: DeltaPlan;
    /** Serial of the canary that was issued and revoked in the same append, for this CRL. */
    canary?: Serial;
  }
>;
/** A delta says what has changed since the CRL numbered `base`, and so since every later one (section 5.2.4). */
export interface DeltaPlan {
  base: number;
  nextUpdate: Timestamp;
}

/** The CRL was signed. Its bytes never travel: a follower has them but for the signature, and checks `sha256`. */
export type CrlPublished = DomainEvent<
  'CrlPublished',
  {
    issuerId: IssuerId;
    number: number;
    thisUpdate: Timestamp;
    nextUpdate: Timestamp;
    entries: number;
    /** Octets of the DER CRL. */
    size: number;
    /** Of the DER CRL, lower-case hex. */
    sha256: string;
    signature: Base64;
    publishedAt: Timestamp;
  }
>;
/** Its delta was signed as well: the same append, the next position. */
export type DeltaCrlPublished = DomainEvent<'DeltaCrlPublished', CrlPublished['data'] & { base: number }>;
export type PublicationEvent = CrlPrepared | CrlPublished | DeltaCrlPublished;

/** What a delta doesn't share with the CRL that it goes with. */
export type SignedDelta = Pick<
  DeltaCrlPublished['data'],
  'base' | 'nextUpdate' | 'entries' | 'size' | 'sha256' | 'signature'
>;
export type PublicationCommand =
  | ({ readonly type: 'PrepareCrl' } & CrlPrepared['data'])
  | ({ readonly type: 'PublishCrl'; readonly delta?: SignedDelta } & CrlPublished['data']);

export interface PublicationState {
  /** Position of the newest CrlPrepared, 0 before the first. */
  readonly prepared: number;
  readonly published: number;
  readonly preparedAt?: Timestamp;
  readonly nextUpdate?: Timestamp;
}

export class PublicationNotFoundError extends LifecycleError {
  readonly code = 'PUBLICATION_NOT_FOUND';
  constructor(readonly number: number) {
    super(`no CRL has the number ${number}`);
  }
}
export class CrlSupersededError extends LifecycleError {
  readonly code = 'CRL_SUPERSEDED';
  constructor(number: number) {
    super(`CRL ${number} is not the one that was prepared last: it is discarded`);
  }
}

/** `evolve` needs the event's position, which is the CRL's number; callers fold with `evolvePublication`. */
export const evolvePublication = (
  state: PublicationState,
  event: PublicationEvent,
  position: number,
): PublicationState => {
  switch (event.type) {
    case 'CrlPrepared':
      return { ...state, prepared: position, preparedAt: event.data.preparedAt };
    case 'CrlPublished':
      return { ...state, published: event.data.number, nextUpdate: event.data.nextUpdate };
    default:
      return state;
  }
};

export const noPublication: PublicationState = { prepared: 0, published: 0 };

export const decidePublication: Decider<PublicationCommand, PublicationEvent, PublicationState>['decide'] = (
  { type, ...data },
  state,
) => {
  if (type === 'PrepareCrl') return [{ type: 'CrlPrepared', data: data as CrlPrepared['data'] }];
  const { delta, ...published } = data as CrlPublished['data'] & { readonly delta?: SignedDelta };
  // Two publishers may sign the same CRL: the first signature counts.
  if (published.number === state.published && published.number > 0) return [];
  if (published.number !== state.prepared || published.number < state.published || published.number <= 0) {
    throw new CrlSupersededError(published.number);
  }
  const crl: CrlPublished = { type: 'CrlPublished', data: published };
  return delta ? [crl, { type: 'DeltaCrlPublished', data: { ...published, ...delta } }] : [crl];
};
