import type { RevocationReason } from '../certificate/reasons.js';
import type { DomainEvent } from '../shared/decider.js';
import type { Base64, IssuerId, Serial, Timestamp } from '../shared/ids.js';

/**
 * What an issuer is for. `root` and `intermediate` sign CAs only; `workload`, `server` and `system` issue certificates;
 * `system-root` anchors the system issuer apart from the mesh.
 */
export type IssuerPurpose = 'root' | 'intermediate' | 'workload' | 'server' | 'system-root' | 'system';

export interface IssuerRecord {
  issuerId: IssuerId;
  purpose: IssuerPurpose;
  /** Counts the issuers of one purpose: 1, 2, 3 … */
  epoch: number;
  name: string;
  /** DER. */
  certificate: Base64;
  /** The issuer's CA, absent for an anchor. */
  parent?: IssuerId;
  /** Certificates (DER) above an imported issuer that are not issuers of ours, lowest first, anchor last. */
  chain?: Base64[];
  /** The key in the key store; absent where the key is elsewhere (an imported chain's upper CAs). */
  keyId?: string;
  keyAlgorithm: string;
  notBefore: Timestamp;
  notAfter: Timestamp;
  /** Of one that was signed ahead: when its epoch is to begin. */
  activeFrom?: Timestamp;
}

export type IssuerCreated = DomainEvent<'IssuerCreated', IssuerRecord>;
export type IssuerImported = DomainEvent<'IssuerImported', IssuerRecord>;
/** It issues. `predecessor`: whose epoch ended with it, in the same append. */
export type IssuerActivated = DomainEvent<
  'IssuerActivated',
  { issuerId: IssuerId; activatedAt: Timestamp; predecessor?: IssuerId }
>;
/** Another issuer issues in its place: it goes on publishing CRLs until its last certificate has expired. */
export type IssuerSuperseded = DomainEvent<
  'IssuerSuperseded',
  { issuerId: IssuerId; successor: IssuerId; supersededAt: Timestamp }
>;
/** None of its certificates is valid any more: its next CRL is its last, unless it was cut off. */
export type EpochExpired = DomainEvent<
  'EpochExpired',
  { issuerId: IssuerId; certificates: number; lastNotAfter?: Timestamp; expiredAt: Timestamp }
>;
/** Its final CRL is out, and its key is of no more use. */
export type IssuerRetired = DomainEvent<'IssuerRetired', { issuerId: IssuerId; retiredAt: Timestamp }>;
/**
 * It was cut off, and every certificate of its epoch with it. Serial, parent and notAfter of its certificate are
 * repeated, so that its parent's CRL is made from this event alone; without parent, that is for a CA elsewhere to do.
 */
export type IssuerCompromised = DomainEvent<
  'IssuerCompromised',
  {
    issuerId: IssuerId;
    parent?: IssuerId;
    serial: Serial;
    notAfter: Timestamp;
    reason: RevocationReason;
    revokedAt: Timestamp;
    invalidityDate?: Timestamp;
    commentHash?: string;
  }
>;
/** A CRL of an issuer whose key is elsewhere was given to us, and is its CRL from now on. */
export type IssuerCrlImported = DomainEvent<
  'IssuerCrlImported',
  {
    issuerId: IssuerId;
    /** As it stands in the CRL. */
    number: number;
    thisUpdate: Timestamp;
    nextUpdate: Timestamp;
    entries: number;
    /** DER. Nobody else has the bytes, so they travel; an issuer of issuers has few of them. */
    crl: Base64;
    importedAt: Timestamp;
  }
>;
export type IssuerEvent =
  | IssuerCreated
  | IssuerImported
  | IssuerActivated
  | IssuerSuperseded
  | EpochExpired
  | IssuerRetired
  | IssuerCompromised
  | IssuerCrlImported;

// A record and not a list, so that the compiler misses whatever is left out.
const types: Readonly<Record<IssuerEvent['type'], true>> = {
  IssuerCreated: true,
  IssuerImported: true,
  IssuerActivated: true,
  IssuerSuperseded: true,
  EpochExpired: true,
  IssuerRetired: true,
  IssuerCompromised: true,
  IssuerCrlImported: true,
};

/** Every type of event in an issuer's stream. */
export const issuerEventTypes = Object.keys(types) as readonly IssuerEvent['type'][];

export const isIssuerEvent = <Event extends { readonly type: string }>(
  event: Event,
): event is Event & { readonly type: IssuerEvent['type'] } => Object.hasOwn(types, event.type);
