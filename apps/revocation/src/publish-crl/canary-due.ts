/** A publication without a canary of its own is proven by the next one that has one: numbers only grow. */
export const CANARY_INTERVAL_MS = 1_000;

export interface CanarySituation {
  /** An agent is there that tries canaries. */
  readonly asked: boolean;
  /** The issuer can make one: proxies accept its certificates from clients, and it is not over. */
  readonly able: boolean;
  /** Number of the issuer's newest CRL. */
  readonly published: number;
  /** Highest number of the CRLs that this issuer's canaries have to prove, too: those of CAs that can have none. */
  readonly beside: number;
  /** The issuer's newest canary, by its CRL. */
  readonly newest?: { readonly number: number; readonly preparedAt: number } | undefined;
}

export interface CanaryDue {
  /** From this time on (milliseconds since the epoch) a CRL that is prepared has one. */
  readonly from: number;
  /** There is something that no canary proves yet: a CRL is prepared for its sake alone. */
  readonly alone: boolean;
}

/** Undefined: the issuer's CRLs have none. */
export const canaryDue = ({ asked, able, published, beside, newest }: CanarySituation): CanaryDue | undefined => {
  if (!asked || !able) return undefined;
  if (!newest) return { from: 0, alone: true };
  return { from: newest.preparedAt + CANARY_INTERVAL_MS, alone: Math.max(published, beside) > newest.number };
};
