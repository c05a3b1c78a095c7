import type {
  CertificateEvent,
  GateEvent,
  IdentityEvent,
  IncidentEvent,
  IssuerEvent,
  KeyEvent,
  MutualTlsEvent,
  PlacementEvent,
  PositionPassed,
  PublicationEvent,
  RotationEvent,
  ServiceEvent,
  TokenEvent,
  TrustDomainCreated,
} from '@cartulary/domain';
import Type, { type Static, type TSchema } from 'typebox';
import type { Aggregate } from './aggregates.js';
import {
  Attestation,
  Base64,
  DeltaPlan,
  EventGrant,
  FreshestCrl,
  IncidentCounts,
  IncidentId,
  IncidentSelector,
  IssuerId,
  IssuerPurpose,
  KeyHash,
  LeafProfile,
  LedgerPosition,
  mutualTlsScope,
  MutualTlsMode,
  Reissue,
  RevocationReason,
  Serial,
  Sha256,
  RenewalWindow,
  RotationId,
  RotationProgress,
  RotationSelector,
  Selectors,
  ServicePort,
  SpiffeId,
  Time,
  TokenId,
} from './values.js';

/** Every event of the domain. A new aggregate is added here and in aggregates.ts. */
export type PublishedEvent =
  | CertificateEvent
  | GateEvent
  | IdentityEvent
  | IncidentEvent
  | IssuerEvent
  | KeyEvent
  | MutualTlsEvent
  | PlacementEvent
  | PublicationEvent
  | RotationEvent
  | ServiceEvent
  | TokenEvent
  | PositionPassed
  | TrustDomainCreated;
export type EventType = PublishedEvent['type'];

interface EventTypeRow {
  readonly aggregate: Aggregate;
  /** Past tense, kebab case; with the aggregate it makes the CloudEvents type, which never changes. */
  readonly verb: string;
  readonly summary: string;
  readonly data: TSchema;
}

const optional = Type.Optional;
const commentHash = optional(Base64('SHA-256(salt ‖ comment); the comment can be erased'));

const issuerRecord = Type.Object({
  issuerId: IssuerId,
  purpose: IssuerPurpose,
  epoch: Type.Integer({ description: 'Counts the issuers of one purpose', minimum: 1 }),
  name: Type.String(),
  certificate: Base64('DER'),
  parent: optional(IssuerId),
  chain: optional(Type.Array(Base64('DER'))),
  keyId: optional(Type.String({ description: 'Name of the key in the key store' })),
  keyAlgorithm: Type.String(),
  notBefore: Time,
  notAfter: Time,
  activeFrom: optional(Time),
});
const named = { serial: Serial, issuerId: IssuerId, notAfter: Time };

/** What each event is outside. Fails to compile when an event of the domain has no row or another shape. */
export const eventTypes = {
  CertificateIssued: {
    aggregate: 'certificate',
    verb: 'issued',
    summary: 'A certificate was issued',
    data: Type.Object({
      ...named,
      profile: LeafProfile,
      identity: optional(SpiffeId),
      dnsNames: optional(Type.Array(Type.String())),
      ipAddresses: optional(Type.Array(Type.String())),
      keyHash: KeyHash,
      keyAlgorithm: Type.String(),
      notBefore: Time,
      certificate: Base64('DER'),
      predecessor: optional(Serial),
      renewalWindow: optional(RenewalWindow),
      evidence: Type.Object({
        csrHash: Sha256('Of the CSR as received'),
        policyVersion: Type.String(),
        requester: Type.String(),
        credential: Type.String(),
        node: optional(Type.String({ description: 'Where the key lives' })),
        attestation: optional(Attestation),
      }),
    }),
  },
  CertificateRenewed: {
    aggregate: 'certificate',
    verb: 'renewed',
    summary: 'A certificate has a successor, and stays good',
    data: Type.Object({ serial: Serial, successor: Serial, renewedAt: Time }),
  },
  CertificateHeld: {
    aggregate: 'certificate',
    verb: 'held',
    summary: 'A certificate is suspended until it is released',
    data: Type.Object({ ...named, heldAt: Time, commentHash }),
  },
  CertificateReleased: {
    aggregate: 'certificate',
    verb: 'released',
    summary: 'A held certificate is good again',
    data: Type.Object({ ...named, releasedAt: Time, commentHash }),
  },
  CertificateRevoked: {
    aggregate: 'certificate',
    verb: 'revoked',
    summary: 'A certificate is revoked for good; again when compromise replaces a harmless reason',
    data: Type.Object({
      ...named,
      reason: RevocationReason,
      revokedAt: Time,
      invalidityDate: optional(Time),
      commentHash,
    }),
  },
  IdentityRegistered: {
    aggregate: 'identity',
    verb: 'registered',
    summary: 'Certificates may be issued for an identity',
    data: Type.Object({ identity: SpiffeId, grant: optional(EventGrant), registeredAt: Time }),
  },
  IdentitySuspended: {
    aggregate: 'identity',
    verb: 'suspended',
    summary: 'Nothing is issued for the identity, and it is no credential',
    data: Type.Object({ identity: SpiffeId, suspendedAt: Time }),
  },
  IdentityReinstated: {
    aggregate: 'identity',
    verb: 'reinstated',
    summary: 'A suspended identity is as before',
    data: Type.Object({ identity: SpiffeId, reinstatedAt: Time }),
  },
  IdentityPlaced: {
    aggregate: 'placement',
    verb: 'placed',
    summary: 'A node’s agent may ask for an identity; replaces what was said of the two before',
    data: Type.Object({ identity: SpiffeId, node: Type.String(), selectors: Selectors, placedAt: Time }),
  },
  IdentityDisplaced: {
    aggregate: 'placement',
    verb: 'displaced',
    summary: 'A node’s agent gets nothing for an identity any more',
    data: Type.Object({ identity: SpiffeId, node: Type.String(), displacedAt: Time }),
  },
  ServiceDefined: {
    aggregate: 'service',
    verb: 'defined',
    summary: 'Which identities run a service, and which may call it; replaces what was said of it before',
    data: Type.Object({
      namespace: Type.String(),
      name: Type.String(),
      runs: Type.Array(SpiffeId, { description: 'Each may run it' }),
      callers: Type.Array(SpiffeId, { description: 'Each may call it, and nobody else' }),
      port: optional(ServicePort),
      enforced: Type.Boolean({ description: 'False: others are reported, and let in' }),
      definedAt: Time,
    }),
  },
  ServiceRetired: {
    aggregate: 'service',
    verb: 'retired',
    summary: 'Nothing is said of a service any more',
    data: Type.Object({ namespace: Type.String(), name: Type.String(), retiredAt: Time }),
  },
  MutualTlsSet: {
    aggregate: 'mutual-tls',
    verb: 'set',
    summary: 'Mutual TLS of the mesh, a namespace, an identity or its port; replaces what was said of it before',
    data: Type.Object({ ...mutualTlsScope, mode: MutualTlsMode, setAt: Time }),
  },
  MutualTlsCleared: {
    aggregate: 'mutual-tls',
    verb: 'cleared',
    summary: 'What is said of the next wider scope holds again',
    data: Type.Object({ ...mutualTlsScope, clearedAt: Time }),
  },
  KeyBlocked: {
    aggregate: 'key',
    verb: 'blocked',
    summary: 'A key is never certified again',
    data: Type.Object({
      keyHash: KeyHash,
      reason: RevocationReason,
      blockedAt: Time,
      invalidityDate: optional(Time),
      commentHash,
    }),
  },
  IssuerCreated: { aggregate: 'issuer', verb: 'created', summary: 'A CA was made here', data: issuerRecord },
  IssuerImported: {
    aggregate: 'issuer',
    verb: 'imported',
    summary: 'A CA made elsewhere was given to us',
    data: issuerRecord,
  },
  IssuerActivated: {
    aggregate: 'issuer',
    verb: 'activated',
    summary: 'An issuer issues: its epoch begins',
    data: Type.Object({ issuerId: IssuerId, activatedAt: Time, predecessor: optional(IssuerId) }),
  },
  IssuerSuperseded: {
    aggregate: 'issuer',
    verb: 'superseded',
    summary: 'Another issuer issues in its place; it goes on publishing CRLs',
    data: Type.Object({ issuerId: IssuerId, successor: IssuerId, supersededAt: Time }),
  },
  EpochExpired: {
    aggregate: 'issuer',
    verb: 'epoch-expired',
    summary: 'None of the issuer’s certificates is valid any more: its next CRL is its last',
    data: Type.Object({
      issuerId: IssuerId,
      certificates: Type.Integer({ description: 'That it issued', minimum: 0 }),
      lastNotAfter: optional(Time),
      expiredAt: Time,
    }),
  },
  IssuerRetired: {
    aggregate: 'issuer',
    verb: 'retired',
    summary: 'The issuer’s final CRL is out, and its key is destroyed',
    data: Type.Object({ issuerId: IssuerId, retiredAt: Time }),
  },
  IssuerCompromised: {
    aggregate: 'issuer',
    verb: 'compromised',
    summary: 'An issuer was cut off with its whole epoch: its certificate stands on its parent’s CRL',
    data: Type.Object({
      issuerId: IssuerId,
      parent: optional(IssuerId),
      serial: Serial,
      notAfter: Time,
      reason: RevocationReason,
      revokedAt: Time,
      invalidityDate: optional(Time),
      commentHash,
    }),
  },
  IssuerCrlImported: {
    aggregate: 'issuer',
    verb: 'crl-imported',
    summary: 'A CRL of an issuer whose key is elsewhere was given to us; the event carries it',
    data: Type.Object({
      issuerId: IssuerId,
      number: Type.Integer({ description: 'As it stands in the CRL', minimum: 1 }),
      thisUpdate: Time,
      nextUpdate: Time,
      entries: Type.Integer({ minimum: 0 }),
      crl: Base64('DER'),
      importedAt: Time,
    }),
  },
  PositionPassed: {
    aggregate: 'restoration',
    verb: 'position-passed',
    summary: 'A position that a restored ledger had given before stays taken; nothing else is said',
    data: Type.Object({ beyond: LedgerPosition }),
  },
  TrustDomainCreated: {
    aggregate: 'trust-domain',
    verb: 'created',
    summary: 'The first event of every ledger',
    data: Type.Object({ trustDomain: Type.String(), root: IssuerId, systemRoot: IssuerId, createdAt: Time }),
  },
  TokenCreated: {
    aggregate: 'token',
    verb: 'created',
    summary: 'An API token was made',
    data: Type.Object({
      tokenId: TokenId,
      name: Type.String(),
      grant: EventGrant,
      node: optional(Type.String({ description: 'Of a join token: whose agent it is for' })),
      // It travels: without it the leaf hash could not be checked, and a hash of 256 random bits says nothing.
      secretHash: Base64('SHA-256 of the secret part, which has 256 random bits'),
      createdAt: Time,
      expiresAt: Time,
    }),
  },
  TokenRevoked: {
    aggregate: 'token',
    verb: 'revoked',
    summary: 'An API token is no credential any more',
    data: Type.Object({ tokenId: TokenId, revokedAt: Time }),
  },
  TokenSpent: {
    aggregate: 'token',
    verb: 'spent',
    summary: 'A join token became an agent’s certificate, in the same append',
    data: Type.Object({ tokenId: TokenId, serial: Serial, spentAt: Time }),
  },
  RotationOrdered: {
    aggregate: 'rotation',
    verb: 'ordered',
    summary: 'Certificates shall be replaced: those that an operator selected, or whose renewal windows have opened',
    data: Type.Object({
      rotationId: RotationId,
      selector: RotationSelector,
      window: optional(RenewalWindow),
      reasonHash: optional(Base64('SHA-256(salt ‖ reason); the reason can be erased')),
      orderedAt: Time,
    }),
  },
  RotationProgressed: {
    aggregate: 'rotation',
    verb: 'progressed',
    summary: 'How far an ordered rotation is, and whose turn has come',
    data: Type.Object({
      rotationId: RotationId,
      progress: RotationProgress,
      due: optional(Type.Array(Serial)),
      progressedAt: Time,
    }),
  },
  RotationCompleted: {
    aggregate: 'rotation',
    verb: 'completed',
    summary: 'An ordered rotation has nothing left to replace',
    data: Type.Object({ rotationId: RotationId, progress: RotationProgress, completedAt: Time }),
  },
  IncidentDeclared: {
    aggregate: 'incident',
    verb: 'declared',
    summary: 'Something is compromised: what the selector means, and all that descends from it, is to be revoked',
    data: Type.Object({
      incidentId: IncidentId,
      selector: IncidentSelector,
      reason: RevocationReason,
      invalidityDate: optional(Time),
      reissue: optional(Reissue),
      declaredAt: Time,
      commentHash,
    }),
  },
  IncidentProgressed: {
    aggregate: 'incident',
    verb: 'progressed',
    summary: 'How far an incident is; in one append with the revocations that it counts',
    data: Type.Object({
      incidentId: IncidentId,
      counts: IncidentCounts,
      through: LedgerPosition,
      progressedAt: Time,
    }),
  },
  IncidentContained: {
    aggregate: 'incident',
    verb: 'contained',
    summary: 'Nothing that an incident hit is good any more',
    data: Type.Object({ incidentId: IncidentId, counts: IncidentCounts, containedAt: Time }),
  },
  IncidentClosed: {
    aggregate: 'incident',
    verb: 'closed',
    summary: 'Somebody has said that an incident is over',
    data: Type.Object({ incidentId: IncidentId, closedAt: Time, commentHash }),
  },
  GateClosed: {
    aggregate: 'gate',
    verb: 'closed',
    summary: 'From this position on nothing is issued past an incident; what came before it is hit',
    data: Type.Object({
      incidentId: IncidentId,
      selector: IncidentSelector,
      reissueFirst: Type.Boolean(),
      closedAt: Time,
    }),
  },
  GateNarrowed: {
    aggregate: 'gate',
    verb: 'narrowed',
    summary: 'What an incident hit is revoked: only its key, node or time stays barred',
    data: Type.Object({ incidentId: IncidentId, narrowedAt: Time }),
  },
  GateOpened: {
    aggregate: 'gate',
    verb: 'opened',
    summary: 'An incident bars nothing any more',
    data: Type.Object({ incidentId: IncidentId, openedAt: Time }),
  },
  CrlPrepared: {
    aggregate: 'publication',
    verb: 'crl-prepared',
    summary: 'A CRL was decided on: its number is this event’s position, it holds every revocation before that',
    data: Type.Object({
      issuerId: IssuerId,
      thisUpdate: Time,
      nextUpdate: Time,
      expiredBefore: Time,
      preparedAt: Time,
      freshestCrl: optional(FreshestCrl),
      delta: optional(DeltaPlan),
      canary: optional(Serial),
    }),
  },
  CrlPublished: {
    aggregate: 'publication',
    verb: 'crl-published',
    summary: 'A CRL was signed; its bytes never travel',
    data: Type.Object({
      issuerId: IssuerId,
      number: LedgerPosition,
      thisUpdate: Time,
      nextUpdate: Time,
      entries: Type.Integer({ minimum: 0 }),
      size: Type.Integer({ description: 'Octets of the DER CRL', minimum: 1 }),
      sha256: Sha256('Of the DER CRL'),
      signature: Base64('Over the to-be-signed CRL'),
      publishedAt: Time,
    }),
  },
  DeltaCrlPublished: {
    aggregate: 'publication',
    verb: 'delta-crl-published',
    summary: 'The delta of a CRL was signed with it; its bytes never travel',
    data: Type.Object({
      issuerId: IssuerId,
      number: LedgerPosition,
      base: LedgerPosition,
      thisUpdate: Time,
      nextUpdate: Time,
      entries: Type.Integer({ minimum: 0 }),
      size: Type.Integer({ description: 'Octets of the DER CRL', minimum: 1 }),
      sha256: Sha256('Of the DER CRL'),
      signature: Base64('Over the to-be-signed CRL'),
      publishedAt: Time,
    }),
  },
} satisfies { readonly [Type in EventType]: EventTypeRow };

/** As it is after JSON: without brands and readonly. */
type Plain<Value> = Value extends string
  ? Value
  : Value extends readonly (infer Item)[]
    ? Plain<Item>[]
    : Value extends object
      ? { -readonly [Key in keyof Value]: Plain<Value[Key]> }
      : Value;
type DataOf<Name extends EventType> = Plain<Extract<PublishedEvent, { type: Name }>['data']>;
type SchemaOf<Name extends EventType> = Static<(typeof eventTypes)[Name]['data']>;
/** The events whose schema does not describe the domain's type: of another type, or with a field too many or too few. */
type Misdescribed = {
  [Name in EventType]: DataOf<Name> extends SchemaOf<Name>
    ? [Exclude<keyof DataOf<Name>, keyof SchemaOf<Name>> | Exclude<keyof SchemaOf<Name>, keyof DataOf<Name>>] extends [
        never,
      ]
      ? never
      : Name
    : Name;
}[EventType];
type Nothing<None extends never> = None;
export type EveryEventIsDescribed = Nothing<Misdescribed>;

export const eventTypeNames = Object.keys(eventTypes) as EventType[];
export const isEventType = (name: string): name is EventType => Object.hasOwn(eventTypes, name);
