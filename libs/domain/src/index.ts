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
  identityStream,
  issuerStream,
  keyStream,
  publicationStream,
  tokenStream,
  trustDomainStream,
} from './shared/streams.js';

export { parseIdentity, parseTrustDomain } from './identity/spiffe-id.js';
export type { Identity, SpiffeId, SystemKind } from './identity/spiffe-id.js';
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

export { certificateDecider } from './certificate/certificate.js';
export type { CertificateCommand, CertificateState, Revocation } from './certificate/certificate.js';
export type {
  CertificateEvent,
  CertificateHeld,
  CertificateIssued,
  CertificateReleased,
  CertificateRenewed,
  CertificateRevoked,
  IssuanceEvidence,
  IssuedCertificate,
  LeafProfile,
} from './certificate/events.js';
export { crlReasonCode, isCrlReason, saysCompromise } from './certificate/reasons.js';
export type { CrlReason, RevocationReason } from './certificate/reasons.js';
export {
  CertificateExistsError,
  CertificateExpiredError,
  CertificateHeldError,
  CertificateNotFoundError,
  CertificateNotHeldError,
  CertificateRevokedError,
  InvalidityDateError,
  RenewalSameKeyError,
  RenewalWrongIdentityError,
} from './certificate/errors.js';

export { KeyBlockedError, keyDecider } from './key/key.js';
export type { BlockKey, KeyBlocked, KeyEvent, KeyState } from './key/key.js';

export {
  IssuerExistsError,
  issuerDecider,
  IssuerNotActiveError,
  IssuerNotFoundError,
  IssuerWrongPurposeError,
  NoActiveIssuerError,
} from './issuer/issuer.js';
export type {
  IssuerActivated,
  IssuerCommand,
  IssuerCreated,
  IssuerEvent,
  IssuerImported,
  IssuerPurpose,
  IssuerRecord,
  IssuerRetired,
  IssuerState,
} from './issuer/issuer.js';
export { trustDomainDecider, TrustDomainExistsError } from './issuer/trust-domain.js';
export type { TrustDomainCommand, TrustDomainCreated, TrustDomainState } from './issuer/trust-domain.js';

export { tokenDecider, TokenExistsError, TokenNotFoundError } from './token/token.js';
export type { TokenCommand, TokenCreated, TokenEvent, TokenRevoked, TokenState } from './token/token.js';

export { CrlSupersededError, decidePublication, evolvePublication, noPublication } from './publication/publication.js';
export type {
  CrlPrepared,
  CrlPublished,
  PublicationCommand,
  PublicationEvent,
  PublicationState,
} from './publication/publication.js';

export { decideIssuance } from './issuance/decide-issuance.js';
export type { IssuanceState, StreamEvent } from './issuance/decide-issuance.js';
