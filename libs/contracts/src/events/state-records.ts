import Type, { type Static, type TSchema } from 'typebox';
import type { StateTopicName } from './topics.js';
import {
  Base64,
  DeltaPlan,
  FreshestCrl,
  IssuerId,
  IssuerPurpose,
  LedgerPosition,
  RevocationReason,
  Serial,
  Sha256,
  Time,
} from './values.js';

const position = LedgerPosition;
const optional = Type.Optional;

/** What a hold, a release or a revocation made of a certificate. */
const CertificateChange = Type.Object({
  status: Type.Enum(['active', 'held', 'revoked']),
  since: Time,
  reason: optional(RevocationReason),
  invalidityDate: optional(Time),
  position,
});
export type CertificateChange = Static<typeof CertificateChange>;

/** What a responder needs to know of a certificate. Removed one CRL after its expiry. */
export const CertificateStateRecord = Type.Object({
  serial: Serial,
  issuerId: IssuerId,
  status: Type.Enum(['active', 'held', 'revoked']),
  notAfter: Time,
  since: Type.String({ description: 'When it got this status; RFC 3339', format: 'date-time' }),
  reason: optional(RevocationReason),
  invalidityDate: optional(Time),
  earlier: optional(
    Type.Array(CertificateChange, {
      description: 'Changes before this one, oldest first, sixteen at most: a CRL holds what stood before its number',
    }),
  ),
  position,
});
export type CertificateStateRecord = Static<typeof CertificateStateRecord>;

/** A final revocation. Read as a set: once there, the certificate is revoked, whatever another topic says. */
export const RevokedRecord = Type.Object({
  serial: Serial,
  issuerId: IssuerId,
  notAfter: Time,
  reason: RevocationReason,
  revokedAt: Time,
  invalidityDate: optional(Time),
  position,
});
export type RevokedRecord = Static<typeof RevokedRecord>;

export const IssuerStateRecord = Type.Object({
  issuerId: IssuerId,
  purpose: IssuerPurpose,
  epoch: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  status: Type.Enum(['prepared', 'active', 'retiring', 'retired', 'compromised']),
  certificate: Base64('DER'),
  parent: optional(IssuerId),
  chain: optional(Type.Array(Base64('DER'))),
  keyAlgorithm: Type.String(),
  notBefore: Time,
  notAfter: Time,
  activeFrom: optional(Time),
  crlNumber: optional(Type.Integer({ description: 'Of the newest CRL that was given to us', minimum: 1 })),
  position,
});
export type IssuerStateRecord = Static<typeof IssuerStateRecord>;

/** The CRL of an issuer that was decided on last; it may not have been signed yet. */
export const PreparationStateRecord = Type.Object({
  issuerId: IssuerId,
  thisUpdate: Time,
  nextUpdate: Time,
  expiredBefore: Time,
  preparedAt: Time,
  freshestCrl: optional(FreshestCrl),
  delta: optional(DeltaPlan),
  canary: optional(Serial),
  position: Type.Integer({ description: 'Position in the ledger; the CRL’s number', minimum: 1 }),
});
export type PreparationStateRecord = Static<typeof PreparationStateRecord>;

/** An issuer's newest CRL, but for its bytes: a reader makes those from the revoked entries before `number`. */
export const PublicationStateRecord = Type.Object({
  issuerId: IssuerId,
  number: LedgerPosition,
  thisUpdate: Time,
  nextUpdate: Time,
  expiredBefore: Time,
  entries: Type.Integer({ minimum: 0 }),
  size: Type.Integer({ minimum: 1 }),
  sha256: Sha256('Of the DER CRL'),
  signature: Base64('Over the to-be-signed CRL'),
  publishedAt: Time,
  freshestCrl: optional(FreshestCrl),
  delta: optional(DeltaPlan),
  position,
});
export type PublicationStateRecord = Static<typeof PublicationStateRecord>;

/** An issuer's newest delta CRL, but for its bytes. Of no use once the CRL of its number is not the newest. */
export const DeltaStateRecord = Type.Object({
  issuerId: IssuerId,
  number: LedgerPosition,
  base: LedgerPosition,
  thisUpdate: Time,
  nextUpdate: Time,
  entries: Type.Integer({ minimum: 0 }),
  size: Type.Integer({ minimum: 1 }),
  sha256: Sha256('Of the DER CRL'),
  signature: Base64('Over the to-be-signed CRL'),
  publishedAt: Time,
  position,
});
export type DeltaStateRecord = Static<typeof DeltaStateRecord>;

/** The trust domain's CA certificates. */
export const BundleStateRecord = Type.Object({
  trustDomain: Type.String(),
  root: IssuerId,
  systemRoot: IssuerId,
  anchors: Type.Array(Type.Object({ issuerId: IssuerId, purpose: IssuerPurpose, certificate: Base64('DER') }), {
    description: 'Self-signed: `root` for the mesh, `system-root` for Cartulary’s own identities',
  }),
  position,
});
export type BundleStateRecord = Static<typeof BundleStateRecord>;

/** To every partition: everything committed before `at`, and everything up to `position`, is before this offset. */
export const Heartbeat = Type.Object({
  at: Time,
  position,
  head: Type.Integer({
    description: 'The ledger’s last position when the relay looked; the relay is behind by the difference',
    minimum: 0,
  }),
});
export type Heartbeat = Static<typeof Heartbeat>;

export const stateRecords = {
  'state.certificate': CertificateStateRecord,
  revoked: RevokedRecord,
  'state.issuer': IssuerStateRecord,
  'state.preparation': PreparationStateRecord,
  'state.publication': PublicationStateRecord,
  'state.delta': DeltaStateRecord,
  'state.bundle': BundleStateRecord,
} satisfies Readonly<Record<StateTopicName, TSchema>>;

export type StateRecordOf<Name extends StateTopicName> = Static<(typeof stateRecords)[Name]>;
