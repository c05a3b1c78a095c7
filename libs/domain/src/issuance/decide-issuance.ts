import { certificateDecider, type CertificateState } from '../certificate/certificate.js';
import { CertificateRevokedError } from '../certificate/errors.js';
import type { CertificateEvent, IssuedCertificate, LeafProfile } from '../certificate/events.js';
import { IncidentGateClosedError } from '../incident/errors.js';
import { type Ancestry, barredBy, type GateState } from '../incident/gate.js';
import { selectableOf } from '../incident/selector.js';
import { IdentityNotRegisteredError, IdentitySuspendedError } from '../identity/errors.js';
import { identityDecider, type IdentityEvent, type IdentityState } from '../identity/identity.js';
import { IssuerNotActiveError, IssuerWrongPurposeError } from '../issuer/errors.js';
import type { IssuerPurpose } from '../issuer/events.js';
import type { IssuerState } from '../issuer/issuer.js';
import { KeyBlockedError, type KeyState } from '../key/key.js';
import { NodeNotEntitledError, type PlacementState } from '../placement/placement.js';
import type { Timestamp } from '../shared/ids.js';
import { certificateStream, identityStream, tokenStream } from '../shared/streams.js';
import { tokenDecider, type TokenEvent, type TokenState } from '../token/token.js';

/** Everything that an issuance rests on, as folded from the streams whose versions the append will name. */
export interface IssuanceState {
  readonly certificate: CertificateState;
  readonly issuer: IssuerState;
  readonly key: KeyState;
  /** Absent for a certificate that carries no identity. */
  readonly identity?: IdentityState;
  /** Of a renewal. */
  readonly predecessor?: CertificateState;
  /** Who issued the predecessor: cut off, it takes it along. */
  readonly predecessorIssuer?: IssuerState;
  /** Of incidents; the append names its stream as well. */
  readonly gate: GateState;
  /** Where the credential comes from that asks for it, and where the predecessor. */
  readonly ancestry: { readonly by: Ancestry; readonly predecessor: Ancestry };
  /** Of a node that joins: it is spent with this. */
  readonly joinToken?: TokenState;
  /** Of the identity on the node of an agent or proxy that asks for a workload there. */
  readonly placement?: PlacementState;
}

export interface StreamEvent {
  readonly stream: string;
  readonly event: CertificateEvent | IdentityEvent | TokenEvent;
}

/**
 * Which issuers issue what: mesh proxies don't trust the system issuer, our own doors trust nothing else, and each
 * issuer delegates its own OCSP responses (RFC 6960, section 4.2.2.2).
 */
const purposesOf: Record<LeafProfile, readonly IssuerPurpose[]> = {
  workload: ['workload'],
  server: ['server'],
  operator: ['system'],
  service: ['system'],
  'ocsp-signing': ['root', 'intermediate', 'workload', 'server', 'system-root', 'system'],
  // Nobody is issued one: it comes with a CRL.
  canary: [],
};

/**
 * Decides on one issuance or renewal. An identity that was never registered is registered by its first certificate, in
 * the same append: whether the caller may do that has been settled before.
 */
export const decideIssuance = (
  { issued, now }: { readonly issued: IssuedCertificate; readonly now: Timestamp },
  state: IssuanceState,
): StreamEvent[] => {
  refuseUnread(issued, state);
  const barring = barredBy(state.gate, { issued: selectableOf(issued, now), ...state.ancestry });
  if (barring) throw new IncidentGateClosedError(barring);
  if (state.identity?.status === 'suspended') throw new IdentitySuspendedError(state.identity.identity);
  demandPlaced(issued, state);
  if (state.key.status === 'blocked') throw new KeyBlockedError(issued.keyHash);
  if (state.issuer.status === 'unknown') throw new IssuerNotActiveError(issued.issuerId);
  // A certificate never outlives its issuer: its last CRL could not be signed any more.
  if (!mayIssue(state.issuer.status, issued.profile) || issued.notAfter > state.issuer.notAfter) {
    throw new IssuerNotActiveError(issued.issuerId);
  }
  if (!purposesOf[issued.profile].includes(state.issuer.purpose)) {
    throw new IssuerWrongPurposeError(issued.issuerId, state.issuer.purpose, issued.profile);
  }

  const decided: StreamEvent[] = [];
  if (issued.identity && state.identity?.status === 'unregistered') {
    // Whoever made the join token has said that there is such a node.
    const grant = state.joinToken ? { grant: { role: 'agent' } as const } : {};
    const register = { type: 'RegisterIdentity', identity: issued.identity, ...grant, now } as const;
    for (const event of identityDecider.decide(register, state.identity)) {
      decided.push({ stream: identityStream(issued.identity), event });
    }
  }
  for (const event of spend(issued, state.joinToken, now)) decided.push(event);
  if (issued.predecessor && state.predecessor) {
    if (state.predecessorIssuer?.status === 'compromised') throw new CertificateRevokedError(issued.predecessor);
    const renew = { type: 'RenewCertificate', serial: issued.predecessor, successor: issued, now } as const;
    for (const event of certificateDecider.decide(renew, state.predecessor)) {
      decided.push({ stream: certificateStream(issued.predecessor), event });
    }
  }
  for (const event of certificateDecider.decide({ type: 'IssueCertificate', issued }, state.certificate)) {
    decided.push({ stream: certificateStream(issued.serial), event });
  }
  return decided;
};

/** DESIGN §10: who holds a node's credential gets what is placed there, and not the rest of the mesh. */
const demandPlaced = ({ identity, evidence }: IssuedCertificate, state: IssuanceState): void => {
  if (!evidence.attestation?.onBehalf) return;
  const { node } = evidence;
  const { placement } = state;
  if (identity === undefined || state.identity?.status === 'unregistered') {
    throw new IdentityNotRegisteredError(identity ?? 'no identity');
  }
  const there = placement?.status === 'placed' && placement.node === node && placement.identity === identity;
  if (!there) throw new NodeNotEntitledError(identity, node);
};

const spend = (
  { serial, evidence }: IssuedCertificate,
  token: TokenState | undefined,
  now: Timestamp,
): StreamEvent[] => {
  if (!token) return [];
  const { node, attestation } = evidence;
  if (node === undefined || attestation?.tokenId === undefined) throw new TypeError('a join token without its node');
  const command = { type: 'SpendToken', tokenId: attestation.tokenId, node, serial, now } as const;
  const stream = tokenStream(attestation.tokenId);
  return tokenDecider.decide(command, token).map((event) => ({ stream, event }));
};

/**
 * Only the active one. But somebody has to answer for an issuer's certificates from the first to the last: a responder
 * gets its right before the issuer is activated, and even after it was cut off, to say "revoked".
 */
const mayIssue = (status: IssuerState['status'], profile: LeafProfile): boolean =>
  status === 'active' || (profile === 'ocsp-signing' && status !== 'retired');

/** A stream that was not read, or another one in its place, must not pass for one that has no objection. */
const refuseUnread = (
  issued: IssuedCertificate,
  { issuer, identity, predecessor, predecessorIssuer, joinToken }: IssuanceState,
): void => {
  const agrees =
    (issuer.status === 'unknown' || issuer.issuerId === issued.issuerId) &&
    (issued.evidence.attestation?.tokenId === undefined) === (joinToken === undefined) &&
    (issued.identity === undefined) === (identity === undefined) &&
    (!identity || identity.status === 'unregistered' || identity.identity === issued.identity) &&
    (issued.predecessor === undefined) === (predecessor === undefined) &&
    (!predecessor || predecessor.status === 'unissued' || isIssuerOf(predecessor, predecessorIssuer)) &&
    (!predecessor || predecessor.status === 'unissued' || predecessor.serial === issued.predecessor);
  if (!agrees) throw new TypeError('the streams that were read are not those that the issuance rests on');
};

const isIssuerOf = ({ issuerId }: IssuedCertificate, issuer: IssuerState | undefined): boolean =>
  issuer !== undefined && issuer.status !== 'unknown' && issuer.issuerId === issuerId;
