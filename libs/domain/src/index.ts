// The domain: events, deciders and policies. Pure; time comes with the command.
export { fold } from './shared/decider.js';
export type { Decider, DomainEvent } from './shared/decider.js';
export { InvalidValueError, LifecycleError } from './shared/errors.js';
export {
  parseIssuerId,
  parseKeyHash,
  parseNodeName,
  parseSerial,
  parseTimestamp,
  parseTokenId,
  timestamp,
} from './shared/ids.js';
export type { Base64, IssuerId, KeyHash, NodeName, Serial, Timestamp, TokenId } from './shared/ids.js';
export {
  certificateStream,
  gateStream,
  identityStream,
  incidentStream,
  issuerStream,
  keyStream,
  mutualTlsStream,
  placementStream,
  publicationStream,
  restorationStream,
  rotationStream,
  serviceStream,
  tokenStream,
  trustDomainStream,
} from './shared/streams.js';

export { parseIdentity, parseTrustDomain } from './identity/spiffe-id.js';
export type { Identity, SpiffeId, SystemKind } from './identity/spiffe-id.js';
export { serviceOfDnsName } from './identity/cluster-names.js';
export { identityDecider } from './identity/identity.js';
export type {
  Grant,
  IdentityCommand,
  IdentityEvent,
  IdentityRegistered,
  IdentityReinstated,
  IdentityState,
  IdentitySuspended,
  Role,
} from './identity/identity.js';
export {
  IdentityAlreadyRegisteredError,
  IdentityNotRegisteredError,
  IdentityNotSuspendedError,
  IdentitySuspendedError,
} from './identity/errors.js';

export { IdentityNotPlaceableError, NodeNotEntitledError, placementDecider } from './placement/placement.js';
export type {
  IdentityDisplaced,
  IdentityPlaced,
  PlacementCommand,
  PlacementEvent,
  PlacementState,
  Selector,
} from './placement/placement.js';

export { parseServiceId, serviceText } from './service/service-id.js';
export type { ServiceId } from './service/service-id.js';
export { serviceDecider, ServiceNotFoundError } from './service/service.js';
export type {
  ServiceCommand,
  ServiceDefined,
  ServiceEvent,
  ServiceRetired,
  ServiceRule,
  ServiceState,
} from './service/service.js';
export { mutualTlsDecider, mutualTlsKey, mutualTlsOf, mutualTlsOfService } from './service/mutual-tls.js';
export type {
  MutualTlsCleared,
  MutualTlsCommand,
  MutualTlsEvent,
  MutualTlsMode,
  MutualTlsScope,
  MutualTlsSet,
  MutualTlsState,
} from './service/mutual-tls.js';

export { certificateDecider, decideRevocation } from './certificate/certificate.js';
export type { CertificateCommand, CertificateState, Revocable, Revocation } from './certificate/certificate.js';
export type {
  Attestation,
  CertificateEvent,
  CertificateHeld,
  CertificateIssued,
  CertificateReleased,
  CertificateRenewed,
  CertificateRevoked,
  IssuanceEvidence,
  IssuedCertificate,
  LeafProfile,
  RequestedProfile,
} from './certificate/events.js';
export { crlReasonCode, isCrlReason, saysCompromise } from './certificate/reasons.js';
export type { CrlReason, RevocationReason } from './certificate/reasons.js';
export {
  CertificateExistsError,
  CertificateExpiredError,
  CertificateHeldError,
  CertificateNotFoundError,
  CertificateNotHeldError,
  CertificateNotRevokedError,
  CertificateRevokedError,
  InvalidityDateError,
  RenewalSameKeyError,
  RenewalWrongIdentityError,
} from './certificate/errors.js';

export { KeyBlockedError, keyDecider } from './key/key.js';
export type { BlockKey, KeyBlocked, KeyEvent, KeyState } from './key/key.js';

export {
  EpochNotOverError,
  IssuerExistsError,
  IssuerNotActiveError,
  IssuerNotFoundError,
  IssuerNotReadyError,
  IssuerNotRevocableError,
  IssuerWrongPurposeError,
  NoActiveIssuerError,
} from './issuer/errors.js';
export { isIssuerEvent, issuerEventTypes } from './issuer/events.js';
export type {
  EpochExpired,
  IssuerActivated,
  IssuerCompromised,
  IssuerCreated,
  IssuerCrlImported,
  IssuerEvent,
  IssuerImported,
  IssuerPurpose,
  IssuerRecord,
  IssuerRetired,
  IssuerSuperseded,
} from './issuer/events.js';
export { decideCaEnd, isAnchorPurpose, isCaPurpose, isOver } from './issuer/ca-end.js';
export type { CaEnd } from './issuer/ca-end.js';
export { isEpochPurpose, issuerDecider } from './issuer/issuer.js';
export type { Issuer, IssuerCommand, IssuerState, IssuerStatus } from './issuer/issuer.js';
export { decideCutOff, decideSuccession, lineOf } from './issuer/succession.js';
export type { Candidate, CutOff, IssuerStreamEvent, Line, Succession } from './issuer/succession.js';
export { trustDomainDecider, TrustDomainExistsError } from './issuer/trust-domain.js';
export type { PositionPassed } from './issuer/restoration.js';
export type { TrustDomainCommand, TrustDomainCreated, TrustDomainState } from './issuer/trust-domain.js';

export {
  JoinTokenEndedError,
  JoinTokenSpentError,
  tokenDecider,
  TokenExistsError,
  TokenNotFoundError,
} from './token/token.js';
export type { TokenCommand, TokenCreated, TokenEvent, TokenRevoked, TokenSpent, TokenState } from './token/token.js';

export {
  CrlSupersededError,
  PublicationNotFoundError,
  decidePublication,
  evolvePublication,
  noPublication,
} from './publication/publication.js';
export type {
  CrlPrepared,
  CrlPublished,
  DeltaCrlPublished,
  DeltaPlan,
  PublicationCommand,
  PublicationEvent,
  PublicationState,
  SignedDelta,
} from './publication/publication.js';

export { incidentDecider } from './incident/incident.js';
export type { Incident, IncidentCommand, IncidentState } from './incident/incident.js';
export { parseIncidentId } from './incident/events.js';
export type {
  GateClosed,
  GateEvent,
  GateNarrowed,
  GateOpened,
  IncidentClosed,
  IncidentContained,
  IncidentCounts,
  IncidentDeclared,
  IncidentEvent,
  IncidentId,
  IncidentProgressed,
  Reissue,
} from './incident/events.js';
export {
  IncidentExistsError,
  IncidentGateClosedError,
  IncidentHitsCallerError,
  IncidentNotContainedError,
  IncidentNotFoundError,
  ReissueFirstRefusedError,
} from './incident/errors.js';
export { asksForAncestry, barredBy, credentialHitBy, gateOf, noAncestry, openGate } from './incident/gate.js';
export type { Ancestor, Ancestry, Closure, GatedRequest, GateState } from './incident/gate.js';
export { allowsReissueFirst, isHit, selectableOf, selectsDelegates, standsApart } from './incident/selector.js';
export type { IncidentSelector, Selectable } from './incident/selector.js';

export { decideIssuance } from './issuance/decide-issuance.js';
export type { IssuanceState, StreamEvent } from './issuance/decide-issuance.js';

export {
  defaultRenewalPolicy,
  renewalWindow,
  renewalWindowOf,
  rotatedWindow,
  rotationMoment,
  rotationTurn,
} from './rotation/renewal-window.js';
export type { RenewalPolicy, RenewalWindow } from './rotation/renewal-window.js';
export { dueRotation, parseRotationId } from './rotation/events.js';
export type {
  DueSelector,
  OrderedSelector,
  RotationCompleted,
  RotationEvent,
  RotationId,
  RotationOrdered,
  RotationProgress,
  RotationProgressed,
} from './rotation/events.js';
export { isRotated, isSelected, namespaceOf } from './rotation/selector.js';
export type { Rotatable } from './rotation/selector.js';
export {
  decideDue,
  MOST_SERIALS_ORDERED,
  rotationDecider,
  RotationExistsError,
  RotationNotFoundError,
} from './rotation/rotation.js';
export type { RotationCommand, RotationState } from './rotation/rotation.js';
