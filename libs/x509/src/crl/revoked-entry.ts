/** RFC 5280, section 5.3.1. removeFromCRL stands in deltas only and is not a reason to revoke. */
export type CrlReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'certificateHold'
  | 'privilegeWithdrawn'
  | 'aACompromise';

export interface RevokedEntry {
  /** Lower-case hex. */
  readonly serial: string;
  readonly revokedAt: Date;
  /** Left out of the encoding when unspecified. */
  readonly reason?: CrlReason;
  readonly invalidityDate?: Date;
}

/** One element of revokedCertificates, DER. */
export const encodeRevokedEntry = (_entry: RevokedEntry): Buffer => {
  throw new Error('not written');
};

/** A delta CRL's removeFromCRL entry, DER. */
export const encodeRemovedEntry = (_entry: { readonly serial: string; readonly removedAt: Date }): Buffer => {
  throw new Error('not written');
};
