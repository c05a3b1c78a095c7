/** How one TLS handshake as a client ended. */
export type Outcome =
  /** The server took the certificate. */
  | 'accepted'
  /** It refused it because it is revoked (alert certificate_revoked, RFC 8446, section 6.2). */
  | 'revoked'
  /** It refused it for another reason, or nothing can be said. */
  | 'unclear';

export type Verdict = 'enforced' | 'canary-accepted' | 'unclear';

/** Both ends of the proof lie in one second: what refuses everybody enforces nothing. */
export const TOGETHER_MS = 1_000;

/**
 * What a listener does with its CRL, by what it did with the canary and with a good certificate, `apart` ms from the
 * beginning of the first handshake to the end of the second. Only the alert that says "revoked" counts: who has no CRL may
 * refuse a canary for its name.
 */
export const verdictOf = (canary: Outcome, good: Outcome, apart: number): Verdict => {
  if (canary === 'accepted') return 'canary-accepted';
  return canary === 'revoked' && good === 'accepted' && apart <= TOGETHER_MS ? 'enforced' : 'unclear';
};
