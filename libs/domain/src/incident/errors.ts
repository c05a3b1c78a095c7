import { LifecycleError } from '../shared/errors.js';
import type { IncidentId } from './events.js';

export class IncidentExistsError extends LifecycleError {
  readonly code = 'INCIDENT_EXISTS';
  constructor(incidentId: string) {
    super(`incident ${incidentId} was declared already`);
  }
}
export class IncidentNotFoundError extends LifecycleError {
  readonly code = 'INCIDENT_NOT_FOUND';
  constructor(incidentId: string) {
    super(`no incident with id ${incidentId}`);
  }
}
export class IncidentNotContainedError extends LifecycleError {
  readonly code = 'INCIDENT_NOT_CONTAINED';
  constructor(incidentId: string) {
    super(`incident ${incidentId} is not contained yet: what it hits is still being revoked`);
  }
}
export class ReissueFirstRefusedError extends LifecycleError {
  readonly code = 'REISSUE_FIRST_REFUSED';
  constructor() {
    super(
      're-issue first goes with exactly one of identity, namespace, issuer and serials, never with a key or a node',
    );
  }
}
/** An incident stands between a request and its certificate. */
export class IncidentGateClosedError extends LifecycleError {
  readonly code = 'INCIDENT_GATE_CLOSED';
  constructor(readonly incidentId: IncidentId) {
    super(`incident ${incidentId} lets nothing be issued for this, or by this credential`);
  }
}
/** Whoever declares an incident must not be cut off by it: nobody could see it through. */
export class IncidentHitsCallerError extends LifecycleError {
  readonly code = 'INCIDENT_HITS_CALLER';
  constructor(credential: string) {
    super(`the incident would hit the credential that declares it, ${credential}`);
  }
}
