import Type from 'typebox';
import { CrlReason, Grant, IssuerId, KeyHash, Serial, SpiffeId, TokenId } from '../rest/values.js';

// Events and records grow: readers pass over members that they don't know, so no object here is closed.
export { CrlReason, IssuerId, KeyHash, Serial, SpiffeId, TokenId };

export const Time = Type.String({ description: 'RFC 3339, UTC, milliseconds', format: 'date-time' });
export const Base64 = (description: string) => Type.String({ description, contentEncoding: 'base64' });
export const Sha256 = (description: string) => Type.String({ description, pattern: '^[0-9a-f]{64}$' });
export const EventGrant = Type.Object(
  { role: Grant.properties.role, namespaces: Type.Optional(Type.Array(Type.String())) },
  { description: 'What the identity or token may do here' },
);
export const RevocationReason = Type.Enum(
  [
    'unspecified',
    'keyCompromise',
    'cACompromise',
    'affiliationChanged',
    'superseded',
    'cessationOfOperation',
    'privilegeWithdrawn',
    'aACompromise',
  ],
  { description: 'RFC 5280, section 5.3.1' },
);
export const LeafProfile = Type.Enum(['workload', 'server', 'operator', 'service', 'ocsp-signing', 'canary']);
export const IssuerPurpose = Type.Enum(['root', 'intermediate', 'workload', 'server', 'system-root', 'system']);
export const LedgerPosition = Type.Integer({ description: 'Position in the ledger', minimum: 0 });
export const FreshestCrl = Type.String({ description: 'URL of the newest delta, as it stands in the CRL' });
export const DeltaPlan = Type.Object(
  { base: LedgerPosition, nextUpdate: Time },
  { description: 'The delta with the CRL’s number: what has changed since the CRL numbered base' },
);

export const RotationId = Type.String({ description: 'Twelve letters and digits; `due` where nobody ordered it' });
export const RenewalWindow = Type.Object(
  { start: Time, end: Time },
  { description: 'When to renew, at any moment between' },
);
export const RotationSelector = Type.Object(
  {
    identity: Type.Optional(SpiffeId),
    namespace: Type.Optional(Type.String()),
    issuerId: Type.Optional(IssuerId),
    serials: Type.Optional(Type.Array(Serial)),
    due: Type.Optional(Time),
  },
  { description: 'One of identity, namespace, issuerId, serials; or `due`, by when the windows of `serials` opened' },
);
export const Selectors = Type.Array(
  Type.Object({
    uid: Type.Optional(Type.Integer({ minimum: 0 })),
    gid: Type.Optional(Type.Integer({ minimum: 0 })),
    path: Type.Optional(Type.String()),
  }),
  { description: 'A process has the identity when one of these fits it; with none, no process by itself' },
);
export const Attestation = Type.Object(
  {
    kind: Type.Enum(['kubernetes', 'oidc', 'join-token', 'agent', 'certificate']),
    onBehalf: Type.Optional(Type.Literal(true, { description: 'Asked for by the node’s agent or proxy' })),
    issuer: Type.Optional(Type.String()),
    subject: Type.Optional(Type.String()),
    jwtId: Type.Optional(Type.String()),
    keyId: Type.Optional(Type.String()),
    pod: Type.Optional(Type.Object({ name: Type.String(), uid: Type.Optional(Type.String()) })),
    tokenId: Type.Optional(TokenId),
  },
  { description: 'What stood in the credential of a request over gRPC; never the credential' },
);
const count = Type.Integer({ minimum: 0 });
export const RotationProgress = Type.Object(
  { matched: count, due: count, replaced: count, ended: count, remaining: count },
  { description: 'Each matched certificate is replaced, ended or remaining; `due` is how many had their turn' },
);

export const IncidentId = Type.String({ description: 'Twelve letters and digits' });
export const IncidentSelector = Type.Object(
  {
    keyHash: Type.Optional(KeyHash),
    serials: Type.Optional(Type.Array(Serial)),
    identity: Type.Optional(SpiffeId),
    namespace: Type.Optional(Type.String()),
    node: Type.Optional(Type.String()),
    issuerId: Type.Optional(IssuerId),
    issuedBetween: Type.Optional(Type.Object({ from: Time, to: Time })),
  },
  { description: 'Certificates that agree with every member that is given' },
);
export const IncidentCounts = Type.Object(
  { hit: count, revoked: count, alreadyRevoked: count, expired: count },
  { description: 'Each hit certificate is revoked by the incident, was revoked before or had expired, or remains' },
);
export const Reissue = Type.Object(
  { rotationId: RotationId, until: Time },
  { description: 'The rotation that replaces what is hit before it is revoked, and how long that is waited for' },
);

export const MutualTlsMode = Type.Enum(['disabled', 'permissive', 'strict'], {
  description: 'permissive: plain text is accepted beside mutual TLS',
});
export const ServicePort = Type.Integer({ minimum: 1, maximum: 65_535 });
/** With nothing of it, the mesh. */
export const mutualTlsScope = {
  namespace: Type.Optional(Type.String()),
  identity: Type.Optional(SpiffeId),
  port: Type.Optional(ServicePort),
};
