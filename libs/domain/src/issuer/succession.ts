import type { RevocationReason } from '../certificate/reasons.js';
import { type IssuerId, type Serial, type Timestamp, timestamp } from '../shared/ids.js';
import { issuerStream } from '../shared/streams.js';
import { IssuerNotActiveError, IssuerNotReadyError } from './errors.js';
import type { IssuerEvent } from './events.js';
import { type Issuer, issuerDecider, type IssuerState } from './issuer.js';

export interface IssuerStreamEvent {
  readonly stream: string;
  readonly event: IssuerEvent;
}

/** An issuer that is to take another's place, and since when its CRL is out. */
export interface Candidate {
  readonly issuer: IssuerState;
  /** publishedAt of its first CRL. */
  readonly firstCrlAt?: Timestamp;
  /** Every relying party has said that it knows the issuer: no lead time is needed. */
  readonly adopted?: boolean;
}

export interface Succession {
  readonly candidate: Candidate;
  /** Whose place is taken: the one that was activated last. */
  readonly predecessor: IssuerState;
  /** Milliseconds between an issuer's first CRL and its first certificate. */
  readonly lead: number;
  readonly now: Timestamp;
}

/**
 * A new epoch begins: the candidate becomes active and its predecessor retiring, in one append that names both streams.
 * Where the predecessor was cut off, nobody waits for the lead time: nothing else issues.
 */
export const decideSuccession = ({ candidate, predecessor, lead, now }: Succession): IssuerStreamEvent[] => {
  const { issuer, firstCrlAt, adopted = false } = candidate;
  if (issuer.status === 'unknown' || predecessor.status === 'unknown') {
    throw new TypeError('the streams that were read are not those that the succession rests on');
  }
  if (issuer.purpose !== predecessor.purpose || issuer.epoch <= predecessor.epoch) {
    throw new TypeError(`issuer ${issuer.issuerId} does not follow ${predecessor.issuerId}`);
  }
  if (predecessor.successor === issuer.issuerId) return [];
  const readyAt = firstCrlAt && timestamp(new Date(Date.parse(firstCrlAt) + lead));
  if (predecessor.status === 'active' && !adopted && readyAt && now < readyAt) {
    throw new IssuerNotReadyError(`issuer ${issuer.issuerId} may issue from ${readyAt}, when its lead time has passed`);
  }
  const { issuerId } = issuer;
  const activate = { type: 'ActivateIssuer', issuerId, predecessor: predecessor.issuerId, now } as const;
  const supersede = { type: 'SupersedeIssuer', issuerId: predecessor.issuerId, successor: issuerId, now } as const;
  // The one before first: with a successor already, it refuses.
  const superseded = issuerDecider.decide(supersede, predecessor);
  const activated = issuerDecider.decide({ ...activate, ...(firstCrlAt ? { firstCrlAt } : {}) }, issuer);
  if (activated.length === 0) throw new IssuerNotActiveError(issuerId);
  return [...of(predecessor.issuerId, superseded), ...of(issuerId, activated)];
};

export interface CutOff {
  readonly issuer: IssuerState;
  readonly issuerId: IssuerId;
  /** Of the issuer's own certificate. */
  readonly serial: Serial;
  readonly reason: RevocationReason;
  readonly invalidityDate?: Timestamp;
  /** Kept ready to take its place; it does at once when the issuer is active. */
  readonly standby?: Candidate;
  readonly now: Timestamp;
}

/** An issuer is cut off; if it was the active one, its standby issues from the same append on. */
export const decideCutOff = ({ issuer, issuerId, standby, now, ...command }: CutOff): IssuerStreamEvent[] => {
  const cut = issuerDecider.decide({ type: 'CutOffIssuer', issuerId, now, ...command }, issuer);
  const events = of(issuerId, cut);
  const predecessor = cut.reduce(issuerDecider.evolve, issuer);
  if (issuer.status !== 'active' || !standby || !isReady(standby, now)) return events;
  return [...events, ...decideSuccession({ candidate: standby, predecessor, lead: 0, now })];
};

const isReady = ({ issuer, firstCrlAt }: Candidate, now: Timestamp): boolean =>
  issuer.status === 'prepared' && firstCrlAt !== undefined && issuer.notBefore <= now && now <= issuer.notAfter;

/** The issuers of one purpose as a row of epochs. */
export interface Line {
  /** The one that was activated last: it issues, unless it was cut off. */
  readonly current?: Issuer;
  /** Made ahead, to be the next; of several, the one that was made first. */
  readonly standby?: Issuer;
}

/** With `now`, a standby whose own certificate has ended is passed over. */
export const lineOf = (issuers: readonly Issuer[], now?: Timestamp): Line => {
  const sorted = [...issuers].sort((a, b) => a.epoch - b.epoch || (a.issuerId < b.issuerId ? -1 : 1));
  const current = sorted.findLast(({ activatedAt, successor }) => activatedAt !== undefined && !successor);
  const standby = sorted.find(
    ({ status, epoch, notAfter }) =>
      status === 'prepared' && epoch > (current?.epoch ?? 0) && (now === undefined || now < notAfter),
  );
  return { ...(current ? { current } : {}), ...(standby ? { standby } : {}) };
};

const of = (issuerId: IssuerId, events: readonly IssuerEvent[]): IssuerStreamEvent[] =>
  events.map((event) => ({ stream: issuerStream(issuerId), event }));
