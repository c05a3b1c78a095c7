import { type IssuerId, type Timestamp, timestamp } from '../shared/ids.js';
import { EpochNotOverError, IssuerNotFoundError } from './errors.js';
import type { IssuerEvent, IssuerPurpose } from './events.js';
import { type Issuer, issuerDecider, type IssuerState } from './issuer.js';

/** Anchors and what stands right below them: they sign CAs, and follow one another when they are rotated. */
export const isCaPurpose = (purpose: IssuerPurpose): purpose is 'root' | 'intermediate' | 'system-root' =>
  isAnchorPurpose(purpose) || purpose === 'intermediate';

export const isAnchorPurpose = (purpose: IssuerPurpose): purpose is 'root' | 'system-root' =>
  purpose === 'root' || purpose === 'system-root';

export interface CaEnd {
  readonly issuerId: IssuerId;
  readonly issuer: IssuerState;
  /** Every issuer that it has signed. */
  readonly below: readonly Issuer[];
  /** Milliseconds by which a relying party's clock may be slow. */
  readonly skew: number;
  readonly now: Timestamp;
}

/**
 * A CA that another one has followed is needed no more: nothing that chains to it is good for anybody. Its next CRL is
 * its last. Throws EpochNotOverError with what is still there, and until when at most.
 */
export const decideCaEnd = ({ issuerId, issuer, below, skew, now }: CaEnd): IssuerEvent[] => {
  if (issuer.status === 'unknown') throw new IssuerNotFoundError(issuerId);
  const end = { type: 'ExpireEpoch', issuerId, certificates: below.length, now } as const;
  const decided = issuerDecider.decide(end, issuer);
  const live = below.filter((one) => isStillNeeded(one, skew, now));
  if (decided.length === 0 || live.length === 0) return decided;
  const names = live.map((one) => `${one.issuerId} (${one.purpose}, ${one.status})`).join(', ');
  const latest = Math.max(...live.map(({ notAfter }) => Date.parse(notAfter)));
  const until = timestamp(new Date(latest + skew));
  throw new EpochNotOverError(issuerId, `it is needed by ${names}; at the latest it may go after ${until}`);
};

// One that was never used may still be: it is the next of its purpose.
const isStillNeeded = (issuer: Issuer, skew: number, now: Timestamp): boolean =>
  !isOver(issuer) && Date.parse(now) <= Date.parse(issuer.notAfter) + skew;

/** None of its certificates is good, and there is nothing left for it to sign. */
export const isOver = ({ status, expiredAt }: Pick<Issuer, 'status' | 'expiredAt'>): boolean =>
  status === 'retired' || (status === 'compromised' && expiredAt !== undefined);
