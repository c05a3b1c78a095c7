import { type CrlReason, crlReasonCodes, crlReasonOf, type OcspStatus } from '@cartulary/x509';

/** Four bits: 0 is nothing, 1 is good, then the CRL's reasons by their number (RFC 5280, section 5.3.1). */
export type StatusCode = number;

export const NOTHING: StatusCode = 0;
export const GOOD: StatusCode = 1;
const FIRST_REASON = 2;

export const codeOf = (reason: CrlReason): StatusCode => FIRST_REASON + crlReasonCodes[reason];
const HELD = codeOf('certificateHold');

/** Revoked for good: a hold may end. */
export const isFinal = (code: StatusCode): boolean => code >= FIRST_REASON && code !== HELD;

/** `since`: seconds, of what is not good. */
export const statusOf = (code: StatusCode, since: number): Exclude<OcspStatus, { type: 'unknown' }> => {
  if (code < FIRST_REASON) return { type: 'good' };
  const reason = crlReasonOf(code - FIRST_REASON) as CrlReason;
  // RFC 5280, section 5.3.1: an unspecified reason is left out.
  return {
    type: 'revoked',
    revokedAt: new Date(since * 1_000),
    ...(reason === 'unspecified' ? {} : { reason }),
  };
};
