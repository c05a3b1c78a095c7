import type { Certificate, FullCertificate, Identity, Token } from '@cartulary/contracts';
import {
  type CertificateState,
  type Grant,
  type IdentityState,
  parseIdentity,
  type RenewalWindow,
  renewalWindowOf,
  saysCompromise,
  type TokenState,
  timestamp,
} from '@cartulary/domain';
import { derChainToPem, derToPem } from '@cartulary/x509';
import type { IssuerDirectory, KnownIssuer } from './issuer-directory.js';

export type IssuedState = Exclude<CertificateState, { status: 'unissued' }>;
type Without<State, Name extends PropertyKey> = State extends unknown ? Omit<State, Name> : never;
/** A certificate's state but for its DER: what projections keep. */
export type CertificateOutline = Without<IssuedState, 'certificate'>;

/** A token's state but for its secret's hash: what projections keep. */
export type TokenOutline = Without<Exclude<TokenState, { status: 'unknown' }>, 'secretHash'>;

export interface ViewedAt {
  readonly now: Date;
  /** Of the newest event behind the state. */
  readonly position: number;
  /** As RotationDirectory tells it; without it, as it was chosen at issuance. */
  readonly renewalWindow?: RenewalWindow;
  /** To see whether its issuer was cut off, which takes it along. */
  readonly issuers: Pick<IssuerDirectory, 'find'>;
}

/** A certificate as the API shows it in lists: without PEMs. */
export const certificateOutlineView = (
  state: CertificateOutline,
  { now, position, renewalWindow, issuers }: ViewedAt,
): Certificate => ({
  serial: state.serial,
  issuerId: state.issuerId,
  profile: state.profile,
  ...standing(state, revokedWithIssuer(state, issuers.find(state.issuerId), now), now),
  ...(state.identity ? { identity: state.identity } : {}),
  ...(state.dnsNames ? { dnsNames: [...state.dnsNames] } : {}),
  ...(state.ipAddresses ? { ipAddresses: [...state.ipAddresses] } : {}),
  keyHash: state.keyHash,
  keyAlgorithm: state.keyAlgorithm,
  notBefore: state.notBefore,
  notAfter: state.notAfter,
  ...(state.predecessor ? { predecessor: state.predecessor } : {}),
  ...(state.successor ? { successor: state.successor } : {}),
  renewalWindow: { ...(renewalWindow ?? renewalWindowOf(state)) },
  ...(state.status === 'held' ? { heldAt: state.heldAt } : {}),
  requester: state.evidence.requester,
  ...(state.evidence.node ? { node: state.evidence.node } : {}),
  position,
});

/** A certificate as the API shows it by itself. Throws IssuerNotFoundError while the directory lacks its issuer. */
export const certificateView = (
  state: IssuedState,
  at: ViewedAt & { readonly issuers: Pick<IssuerDirectory, 'chain' | 'find'> },
): FullCertificate => ({
  ...certificateOutlineView(state, at),
  certificate: derToPem(Buffer.from(state.certificate, 'base64'), 'CERTIFICATE'),
  chain: derChainToPem(at.issuers.chain(state.issuerId)),
});

type Standing = Pick<Certificate, 'status' | 'revocation'>;

const standing = (state: CertificateOutline, withIssuer: Certificate['revocation'], now: Date): Standing => {
  if (state.status === 'revoked') return { status: 'revoked', revocation: { ...state.revocation } };
  if (withIssuer) return { status: 'revoked', revocation: withIssuer };
  // RFC 5280, section 4.1.2.5: the validity period includes notAfter.
  const expired = state.status === 'active' && timestamp(now) > state.notAfter;
  return { status: expired ? 'expired' : state.status };
};

/** Undefined: its issuer was not cut off, or after its own end. */
const revokedWithIssuer = (
  { notAfter }: CertificateOutline,
  issuer: KnownIssuer | undefined,
  now: Date,
): Certificate['revocation'] => {
  const revocation = issuer?.revocation;
  if (!revocation || revocation.revokedAt > notAfter || revocation.revokedAt > timestamp(now)) return undefined;
  const { reason, revokedAt } = revocation;
  return { reason: saysCompromise(reason) ? 'cACompromise' : reason, revokedAt, issuer: true };
};

export const identityView = (state: Exclude<IdentityState, { status: 'unregistered' }>, position: number): Identity => {
  const identity = parseIdentity(state.identity, trustDomainOf(state.identity));
  const place =
    identity.kind === 'workload' ? { namespace: identity.namespace, serviceAccount: identity.serviceAccount } : {};
  return {
    id: identity.id,
    kind: identity.kind,
    ...place,
    status: state.status,
    ...(state.grant ? { grant: grantView(state.grant) } : {}),
    registeredAt: state.registeredAt,
    ...(state.suspendedAt ? { suspendedAt: state.suspendedAt } : {}),
    position,
  };
};

/** A token as the API shows it: never its secret's hash. */
export const tokenView = (state: TokenOutline, position: number, now: Date): Token => ({
  tokenId: state.tokenId,
  name: state.name,
  ...grantView(state.grant),
  status: state.status === 'active' && timestamp(now) >= state.expiresAt ? 'expired' : state.status,
  createdAt: state.createdAt,
  expiresAt: state.expiresAt,
  ...(state.node ? { node: state.node } : {}),
  ...(state.revokedAt ? { revokedAt: state.revokedAt } : {}),
  ...(state.spentAt ? { spentAt: state.spentAt } : {}),
  position,
});

const grantView = ({ role, namespaces }: Grant) => ({ role, ...(namespaces ? { namespaces: [...namespaces] } : {}) });

const trustDomainOf = (spiffeId: string): string => spiffeId.slice('spiffe://'.length).split('/', 1).join('');
