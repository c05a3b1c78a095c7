import { InvalidityDateError } from '../certificate/errors.js';
import type { RevocationReason } from '../certificate/reasons.js';
import type { Decider } from '../shared/decider.js';
import type { Timestamp } from '../shared/ids.js';
import {
  IncidentExistsError,
  IncidentNotContainedError,
  IncidentNotFoundError,
  ReissueFirstRefusedError,
} from './errors.js';
import type { IncidentCounts, IncidentDeclared, IncidentEvent, IncidentId, Reissue } from './events.js';
import { allowsReissueFirst, type IncidentSelector, refuseMalformedSelector } from './selector.js';

export type IncidentCommand =
  | {
      readonly type: 'DeclareIncident';
      readonly incidentId: IncidentId;
      readonly selector: IncidentSelector;
      readonly reason: RevocationReason;
      readonly invalidityDate?: Timestamp;
      readonly reissue?: Reissue;
      readonly now: Timestamp;
    }
  | {
      /** Says how many are hit (the first time), or what has become of the next ones. */
      readonly type: 'ReportContainment';
      readonly incidentId: IncidentId;
      readonly hit: number;
      readonly done: Omit<IncidentCounts, 'hit'>;
      readonly through: number;
      readonly now: Timestamp;
    }
  | { readonly type: 'ContainIncident'; readonly incidentId: IncidentId; readonly now: Timestamp }
  | { readonly type: 'CloseIncident'; readonly incidentId: IncidentId; readonly now: Timestamp };

export interface Incident {
  readonly declared: IncidentDeclared['data'];
  /** Absent until the hit certificates are counted. */
  readonly counts?: IncidentCounts;
  /** Position of the last certificate that is done with; 0 before the first. */
  readonly through: number;
  readonly containedAt?: Timestamp;
  readonly closedAt?: Timestamp;
}
export type IncidentState =
  { readonly status: 'unknown' } | ({ readonly status: 'declared' | 'contained' | 'closed' } & Incident);

export const incidentDecider: Decider<IncidentCommand, IncidentEvent, IncidentState> = {
  initial: { status: 'unknown' },

  decide: (command, state) => {
    const { incidentId, now } = command;
    if (command.type === 'DeclareIncident') {
      if (state.status !== 'unknown') throw new IncidentExistsError(incidentId);
      const { type: _, now: declaredAt, ...declared } = command;
      refuseMalformedSelector(declared.selector, now);
      if (declared.reissue && !allowsReissueFirst(declared.selector)) throw new ReissueFirstRefusedError();
      if (declared.invalidityDate && declared.invalidityDate > now) throw new InvalidityDateError();
      return [{ type: 'IncidentDeclared', data: { ...declared, declaredAt } }];
    }
    if (state.status === 'unknown') throw new IncidentNotFoundError(incidentId);
    switch (command.type) {
      case 'ReportContainment': {
        const { hit, done, through } = command;
        // A batch that is done already: from before a crash, or by a faster replica.
        if (state.status !== 'declared' || (state.counts && through <= state.through)) return [];
        const counts = added({ ...(state.counts ?? nothing), hit }, done);
        return [{ type: 'IncidentProgressed', data: { incidentId, counts, through, progressedAt: now } }];
      }
      case 'ContainIncident': {
        if (state.status !== 'declared') return [];
        const { counts } = state;
        if (!counts || counts.revoked + counts.alreadyRevoked + counts.expired !== counts.hit) {
          throw new IncidentNotContainedError(incidentId);
        }
        return [{ type: 'IncidentContained', data: { incidentId, counts, containedAt: now } }];
      }
      case 'CloseIncident':
        if (state.status === 'declared') throw new IncidentNotContainedError(incidentId);
        return state.status === 'closed' ? [] : [{ type: 'IncidentClosed', data: { incidentId, closedAt: now } }];
    }
  },

  evolve: (state, event) => {
    if (state.status === 'unknown') {
      return event.type === 'IncidentDeclared' ? { status: 'declared', declared: event.data, through: 0 } : state;
    }
    switch (event.type) {
      case 'IncidentProgressed':
        return { ...state, counts: event.data.counts, through: event.data.through };
      case 'IncidentContained':
        return { ...state, status: 'contained', counts: event.data.counts, containedAt: event.data.containedAt };
      case 'IncidentClosed':
        return { ...state, status: 'closed', closedAt: event.data.closedAt };
      default:
        return state;
    }
  },
};

const nothing: IncidentCounts = { hit: 0, revoked: 0, alreadyRevoked: 0, expired: 0 };

const added = (counts: IncidentCounts, done: Omit<IncidentCounts, 'hit'>): IncidentCounts => ({
  hit: counts.hit,
  revoked: counts.revoked + done.revoked,
  alreadyRevoked: counts.alreadyRevoked + done.alreadyRevoked,
  expired: counts.expired + done.expired,
});
