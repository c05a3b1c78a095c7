import {
  fold,
  type IncidentEvent,
  type IncidentId,
  incidentDecider,
  type IncidentState,
  incidentStream,
} from '@cartulary/domain';
import type { Ledger, RecordedEvent } from '@cartulary/ledger';

type Declared = Exclude<IncidentState, { status: 'unknown' }>;

/** An incident at the version that the next append has to name. */
export interface TrackedIncident {
  readonly incidentId: IncidentId;
  readonly stream: string;
  readonly version: number;
  readonly state: Declared;
  /** IncidentDeclared, as recorded: what all that follows is caused by. */
  readonly origin: RecordedEvent;
}

export const trackIncident = async (ledger: Ledger, incidentId: IncidentId): Promise<TrackedIncident> => {
  const stream = incidentStream(incidentId);
  const { version, events } = await ledger.readStream(stream);
  const state = fold(incidentDecider, events);
  const [origin] = events;
  if (state.status === 'unknown' || !origin)
    throw new Error(`the gate names an incident ${incidentId} that is not there`);
  return { incidentId, stream, version, state, origin };
};

/** After events of its own were appended. */
export const advanced = (tracked: TrackedIncident, events: readonly IncidentEvent[]): TrackedIncident => ({
  ...tracked,
  version: tracked.version + events.length,
  state: fold({ initial: tracked.state as IncidentState, evolve: incidentDecider.evolve }, events) as Declared,
});
