import type { Attestation, NodeName, SpiffeId, Timestamp } from '@cartulary/domain';

/** What a verified token says of who shows it. */
export interface VerifiedToken {
  readonly identity: SpiffeId;
  readonly attestation: Attestation;
  readonly expiresAt: Timestamp;
  /** The machine, where the token is bound to one. */
  readonly node?: NodeName;
  /** It may ask for other identities that are placed on its node. */
  readonly mayImpersonate: boolean;
}

/** The port that verifiers of workloads' tokens share: by the issuer's keys, or by asking the issuer. */
export interface TokenVerifier {
  /** Whether a token that says it is of this issuer is this verifier's to judge. */
  accepts(issuer: string): boolean;
  /** Throws UnauthenticatedError, CredentialRefusedError (expired), or KeysUnavailableError. */
  verify(token: string): Promise<VerifiedToken>;
}
