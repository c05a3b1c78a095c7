/**
 * CRLReason, RFC 5280, section 5.3.1. Value 7 is not used. `removeFromCRL` (8) is no reason to revoke for: it stands in
 * delta CRLs only.
 */
export const crlReasonCode = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

export type CrlReason = keyof typeof crlReasonCode;
/** Reasons of a final revocation; a hold is a state of its own. */
export type RevocationReason = Exclude<CrlReason, 'certificateHold'>;

export const isCrlReason = (text: string): text is CrlReason => Object.hasOwn(crlReasonCode, text);

/** Reasons that say that the key is in other hands: they may replace another reason (never the reverse). */
export const saysCompromise = (reason: RevocationReason): boolean =>
  reason === 'keyCompromise' || reason === 'cACompromise' || reason === 'aACompromise';

/** Whether a later finding is recorded: compromise replaces a harmless reason, and nothing replaces a compromise. */
export const replacesReason = (earlier: RevocationReason, later: RevocationReason): boolean =>
  saysCompromise(later) && !saysCompromise(earlier);
