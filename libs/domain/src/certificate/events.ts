import type { DomainEvent } from '../shared/decider.js';
import type { Base64, IssuerId, KeyHash, NodeName, Serial, Timestamp, TokenId } from '../shared/ids.js';
import type { SpiffeId } from '../identity/spiffe-id.js';
import type { RenewalWindow } from '../rotation/renewal-window.js';
import type { RevocationReason } from './reasons.js';

/** A `canary` is revoked in the append that it is issued in: proxies are seen to refuse it (DESIGN §6.5). */
export type LeafProfile = 'workload' | 'server' | 'operator' | 'service' | 'ocsp-signing' | 'canary';

/** What somebody can ask for. */
export type RequestedProfile = Exclude<LeafProfile, 'canary'>;

/** What stood in the credential that a gRPC caller showed: never the credential itself. */
export interface Attestation {
  readonly kind: 'kubernetes' | 'oidc' | 'join-token' | 'agent' | 'certificate';
  /** Asked for by a node's agent or proxy for a workload there: the identity has to be placed on `evidence.node`. */
  readonly onBehalf?: true;
  /** Of a JWT: `iss`, `sub`, `jti`, and the `kid` of the key that it was verified with. */
  readonly issuer?: string;
  readonly subject?: string;
  readonly jwtId?: string;
  readonly keyId?: string;
  /** Of a bound service account token. */
  readonly pod?: { readonly name: string; readonly uid?: string };
  /** Of a join token. */
  readonly tokenId?: TokenId;
}

/** What an audit needs to know about the decision to issue: request, policy, and who asked with which credential. */
export interface IssuanceEvidence {
  /** SHA-256 (hex) of the CSR as received. */
  readonly csrHash: string;
  readonly policyVersion: string;
  readonly requester: string;
  readonly credential: string;
  /** Where the key lives: as the requester said; a renewal is taken to stay where its predecessor was. */
  readonly node?: NodeName;
  /** Of requests over gRPC. */
  readonly attestation?: Attestation;
}

export interface IssuedCertificate {
  serial: Serial;
  issuerId: IssuerId;
  profile: LeafProfile;
  identity?: SpiffeId;
  dnsNames?: string[];
  ipAddresses?: string[];
  keyHash: KeyHash;
  keyAlgorithm: string;
  notBefore: Timestamp;
  notAfter: Timestamp;
  /** DER. */
  certificate: Base64;
  predecessor?: Serial;
  /** When to replace it. Absent in events from before it was chosen here; `renewalWindowOf` gives one always. */
  renewalWindow?: RenewalWindow;
  evidence: IssuanceEvidence;
}

/** Repeated in every event that changes the certificate's status, so that a CRL can be built from those alone. */
interface Named {
  serial: Serial;
  issuerId: IssuerId;
  notAfter: Timestamp;
}

export type CertificateIssued = DomainEvent<'CertificateIssued', IssuedCertificate>;
export type CertificateRenewed = DomainEvent<
  'CertificateRenewed',
  { serial: Serial; successor: Serial; renewedAt: Timestamp }
>;
export type CertificateHeld = DomainEvent<'CertificateHeld', Named & { heldAt: Timestamp; commentHash?: string }>;
export type CertificateReleased = DomainEvent<
  'CertificateReleased',
  Named & { releasedAt: Timestamp; commentHash?: string }
>;
export type CertificateRevoked = DomainEvent<
  'CertificateRevoked',
  Named & { reason: RevocationReason; revokedAt: Timestamp; invalidityDate?: Timestamp; commentHash?: string }
>;
export type CertificateEvent =
  CertificateIssued | CertificateRenewed | CertificateHeld | CertificateReleased | CertificateRevoked;
