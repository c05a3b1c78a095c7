import { generalizedTime, time } from '../asn1/der-time.js';
import { enumerated, objectIdentifier, octetString, sequence } from '../asn1/der-writer.js';
import { oid } from '../asn1/oid.js';
import { encodeSerial } from '../asn1/serial.js';

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

/** The CRLReason numbers; 7 is not used. */
export const crlReasonCodes: Readonly<Record<CrlReason | 'removeFromCRL', number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
};

export const crlReasonOf = (code: number): CrlReason | 'removeFromCRL' | undefined =>
  (Object.keys(crlReasonCodes) as (keyof typeof crlReasonCodes)[]).find((name) => crlReasonCodes[name] === code);

export interface RevokedEntry {
  /** Lower-case hex. */
  readonly serial: string;
  readonly revokedAt: Date;
  /** Left out of the encoding when unspecified (RFC 5280, section 5.3.1). */
  readonly reason?: CrlReason;
  readonly invalidityDate?: Date;
}

const entryExtension = (id: string, value: Buffer): Buffer => sequence(objectIdentifier(id), octetString(value));

// The same few for every entry.
const reasonExtensions = new Map(
  Object.entries(crlReasonCodes).map(([reason, code]) => [reason, entryExtension(oid.crlReason, enumerated(code))]),
);

const encode = (serial: string, at: Date, reason: string | undefined, invalidityDate?: Date): Buffer => {
  const extensions = [
    ...(reason === undefined || reason === 'unspecified' ? [] : [reasonExtensions.get(reason)!]),
    ...(invalidityDate ? [entryExtension(oid.invalidityDate, generalizedTime(invalidityDate))] : []),
  ];
  return sequence(encodeSerial(serial), time(at), ...(extensions.length > 0 ? [sequence(...extensions)] : []));
};

/** One element of revokedCertificates, DER. */
export const encodeRevokedEntry = ({ serial, revokedAt, reason, invalidityDate }: RevokedEntry): Buffer =>
  encode(serial, revokedAt, reason, invalidityDate);

/** A delta CRL's removeFromCRL entry, DER: the hold is over or the certificate has expired (section 5.3.1). */
export const encodeRemovedEntry = ({
  serial,
  removedAt,
}: {
  readonly serial: string;
  readonly removedAt: Date;
}): Buffer => encode(serial, removedAt, 'removeFromCRL');
