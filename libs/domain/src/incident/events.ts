import type { RevocationReason } from '../certificate/reasons.js';
import type { DomainEvent } from '../shared/decider.js';
import { InvalidValueError } from '../shared/errors.js';
import type { Timestamp } from '../shared/ids.js';
import type { RotationId } from '../rotation/events.js';
import type { IncidentSelector } from './selector.js';

declare const brand: unique symbol;
/** Name of a declared incident. */
export type IncidentId = string & { readonly [brand]: 'IncidentId' };

export const parseIncidentId = (text: string): IncidentId => {
  if (!/^[0-9a-z]{12}$/.test(text))
    throw new InvalidValueError('incidentId', 'an incident id is 12 letters and digits');
  return text as IncidentId;
};

/** How many certificates. Those that are hit are each in one of the other three, once it is their turn. */
export interface IncidentCounts {
  readonly hit: number;
  /** By this incident. */
  readonly revoked: number;
  /** Before it came to them. */
  readonly alreadyRevoked: number;
  /** So long that no clock calls them valid. */
  readonly expired: number;
}

/** The rotation that is to replace what is hit, and until when that is waited for. */
export interface Reissue {
  readonly rotationId: RotationId;
  readonly until: Timestamp;
}

/** In one append with GateClosed, whose position says up to where certificates are hit. */
export type IncidentDeclared = DomainEvent<
  'IncidentDeclared',
  {
    incidentId: IncidentId;
    selector: IncidentSelector;
    reason: RevocationReason;
    invalidityDate?: Timestamp;
    reissue?: Reissue;
    declaredAt: Timestamp;
    commentHash?: string;
  }
>;
/** In one append with the revocations that it counts. All hit certificates up to position `through` are done with. */
export type IncidentProgressed = DomainEvent<
  'IncidentProgressed',
  { incidentId: IncidentId; counts: IncidentCounts; through: number; progressedAt: Timestamp }
>;
/** Nothing that is hit is good any more. */
export type IncidentContained = DomainEvent<
  'IncidentContained',
  { incidentId: IncidentId; counts: IncidentCounts; containedAt: Timestamp }
>;
/** Somebody has said that it is over. */
export type IncidentClosed = DomainEvent<
  'IncidentClosed',
  { incidentId: IncidentId; closedAt: Timestamp; commentHash?: string }
>;
export type IncidentEvent = IncidentDeclared | IncidentProgressed | IncidentContained | IncidentClosed;

/** From this position on, issuances have to pass `isBarred`. */
export type GateClosed = DomainEvent<
  'GateClosed',
  { incidentId: IncidentId; selector: IncidentSelector; reissueFirst: boolean; closedAt: Timestamp }
>;
/** In one append with IncidentContained: what stays barred is what the selector says of keys, nodes and times. */
export type GateNarrowed = DomainEvent<'GateNarrowed', { incidentId: IncidentId; narrowedAt: Timestamp }>;
/** In one append with IncidentClosed. */
export type GateOpened = DomainEvent<'GateOpened', { incidentId: IncidentId; openedAt: Timestamp }>;
export type GateEvent = GateClosed | GateNarrowed | GateOpened;
