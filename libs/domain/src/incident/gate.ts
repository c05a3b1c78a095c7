import type { DomainEvent } from '../shared/decider.js';
import type { GateEvent, IncidentId } from './events.js';
import { type IncidentSelector, isHit, type Selectable } from './selector.js';

/** One incident's part of the gate. */
export interface Closure {
  readonly incidentId: IncidentId;
  readonly selector: IncidentSelector;
  readonly reissueFirst: boolean;
  /** Of GateClosed: what came after it is not hit. */
  readonly position: number;
  /** `narrowed`: everything that was hit has been revoked. */
  readonly status: 'closed' | 'narrowed';
}

export interface GateState {
  /** Of incidents that are not over, in the order of their declaration. */
  readonly closures: readonly Closure[];
}

export const openGate: GateState = { closures: [] };

/** Folds the gate's stream; of each event its position counts as well. */
export const gateOf = (events: Iterable<DomainEvent & { readonly position: number }>): GateState => {
  const closures = new Map<IncidentId, Closure>();
  for (const event of events) {
    const { type, data } = event as GateEvent;
    if (type === 'GateClosed') {
      const { incidentId, selector, reissueFirst } = data;
      closures.set(incidentId, { incidentId, selector, reissueFirst, position: event.position, status: 'closed' });
    } else if (type === 'GateNarrowed') {
      const closure = closures.get(data.incidentId);
      if (closure) closures.set(data.incidentId, { ...closure, status: 'narrowed' });
    } else if (type === 'GateOpened') {
      closures.delete(data.incidentId);
    }
  }
  return { closures: [...closures.values()] };
};

/** A certificate that something descends from. */
export type Ancestor = Selectable & { readonly position: number };

/** Where something comes from. Empty for the services themselves and for what there is no record of. */
export interface Ancestry {
  /** Itself, where it is a certificate, what its request was authenticated by, its predecessor, and so on. */
  readonly ancestors: readonly Ancestor[];
  /** Position of the event that it begins with; 0 when there is none. */
  readonly since: number;
}

export const noAncestry: Ancestry = { ancestors: [], since: 0 };

/** What wants to be issued, by whom it is asked for, and what it renews. */
export interface GatedRequest {
  readonly issued: Selectable;
  readonly by: Ancestry;
  readonly predecessor: Ancestry;
}

/** Whether ancestries matter: else they need not be looked up. */
export const asksForAncestry = ({ closures }: GateState): boolean =>
  closures.some(({ status, selector }) => status === 'closed' || selector.node !== undefined);

/** The incident that does not let it be issued. */
export const barredBy = ({ closures }: GateState, request: GatedRequest): IncidentId | undefined =>
  closures.find((closure) => isBarred(closure, request))?.incidentId;

/** The incident that a credential is hit by. Once that is contained, the credential is revoked and needs no gate. */
export const credentialHitBy = ({ closures }: GateState, { ancestors }: Ancestry): IncidentId | undefined =>
  closures.find((closure) => closure.status === 'closed' && descends(closure, ancestors))?.incidentId;

const isBarred = (closure: Closure, { issued, by, predecessor }: GatedRequest): boolean => {
  const { selector, status, reissueFirst } = closure;
  if (isHit(selector, issued) && isShut(closure, by)) return true;
  // What was hit is revoked by now, and every issuance names the streams of its credential and its predecessor.
  if (status === 'narrowed') return false;
  return descends(closure, by.ancestors) || (!reissueFirst && descends(closure, predecessor.ancestors));
};

/**
 * Until an incident is contained, nothing that its selector means is issued at all, so that afterwards no live
 * certificate agrees with it. Then identities, namespaces and issuers are free again for credentials that are not hit. A
 * key and a time of issuance stay barred; a node does for all but those who have been attested since: their
 * credential is younger than the incident.
 */
const isShut = ({ selector, status, reissueFirst, position }: Closure, by: Ancestry): boolean => {
  if (status === 'closed') return !reissueFirst;
  if (selector.keyHash !== undefined || selector.issuedBetween !== undefined) return true;
  return selector.node !== undefined && by.since < position;
};

const descends = ({ selector, position }: Closure, ancestors: readonly Ancestor[]): boolean =>
  ancestors.some((ancestor) => ancestor.position < position && isHit(selector, ancestor));
