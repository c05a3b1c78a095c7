import type { Ending, PreparedCrl, PublishedCrl } from '@cartulary/service';
import type { CanaryDue } from './canary-due.js';

export interface CrlSituation {
  readonly prepared: PreparedCrl | undefined;
  readonly published: PublishedCrl | undefined;
  /** Position of the newest change to the issuer's revoked entries, 0 when there was none. */
  readonly changedAt: number;
  readonly ending: Ending;
}

export interface CrlTiming {
  /** Milliseconds. */
  readonly refresh: number;
  readonly minInterval: number;
}

export type Due =
  | { readonly action: 'sign' }
  | { readonly action: 'prepare' }
  /** Nothing any more. */
  | { readonly action: 'rest' }
  /** Nothing before this time (milliseconds since the epoch), unless something changes. */
  | { readonly action: 'wait'; readonly until: number };

/** What the publisher has to do for one issuer now. */
export const due = (
  { prepared, published, changedAt, ending }: CrlSituation,
  { refresh, minInterval }: CrlTiming,
  now: number,
): Due => {
  // What a compromised key signs proves nothing, and a CRL that ends refuses all who look at no other.
  if (ending.cutOff) return { action: 'rest' };
  if (!prepared) return { action: 'prepare' };
  // One CRL at a time: what comes while it is being signed goes into the next, which is how a burst is coalesced.
  if (published?.number !== prepared.number) return { action: 'sign' };
  if (ending.expiredAt > 0) return { action: prepared.number > ending.expiredAt ? 'rest' : 'prepare' };
  const preparedAt = prepared.preparedAt.getTime();
  const at = changedAt > prepared.number ? preparedAt + minInterval : preparedAt + refresh;
  return now >= at ? { action: 'prepare' } : { action: 'wait', until: at };
};

/** What is not due by itself is so for a canary's sake, at most as often as any other. */
export const withCanary = (
  next: Due,
  prepared: Pick<PreparedCrl, 'preparedAt'> | undefined,
  canary: CanaryDue | undefined,
  { minInterval }: Pick<CrlTiming, 'minInterval'>,
  now: number,
): Due => {
  if (next.action !== 'wait' || !prepared || !canary?.alone) return next;
  const until = Math.max(canary.from, prepared.preparedAt.getTime() + minInterval);
  if (until >= next.until) return next;
  return now >= until ? { action: 'prepare' } : { action: 'wait', until };
};
