import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { type Caller, ForbiddenError } from '@cartulary/access';
import type { Incident, QueryOf, ResultOf, routes } from '@cartulary/contracts';
import {
  type GateClosed,
  gateStream,
  type IncidentId,
  IncidentNotFoundError,
  incidentStream,
  parseIncidentId,
} from '@cartulary/domain';
import { Ledger, type RecordedEvent } from '@cartulary/ledger';
import { PositionCursor } from '@cartulary/service';
import { commentOf, incidentView } from './view.js';

export class ShowIncidentQuery extends Query<Incident> {
  constructor(
    readonly incidentId: string,
    readonly caller: Caller,
  ) {
    super();
  }
}

@QueryHandler(ShowIncidentQuery)
export class ShowIncidentHandler implements IQueryHandler<ShowIncidentQuery> {
  constructor(private readonly ledger: Ledger) {}

  async execute({ incidentId: text, caller }: ShowIncidentQuery): Promise<Incident> {
    demandEverywhere(caller);
    const incidentId = parseIncidentId(text);
    const { events } = await this.ledger.readStream(incidentStream(incidentId));
    if (events.length === 0) throw new IncidentNotFoundError(incidentId);
    return incidentView(events, await commentOf(this.ledger, events));
  }
}

type Listing = ResultOf<typeof routes.listIncidents>;

export class ListIncidentsQuery extends Query<Listing> {
  constructor(
    readonly filter: QueryOf<typeof routes.listIncidents>,
    readonly caller: Caller,
  ) {
    super();
  }
}

const DEFAULT_LIMIT = 100;
const cursors = new PositionCursor('incidents');
/** Incidents are rare: the gate's stream names them all. */
@QueryHandler(ListIncidentsQuery)
export class ListIncidentsHandler implements IQueryHandler<ListIncidentsQuery> {
  constructor(private readonly ledger: Ledger) {}

  async execute({ filter, caller }: ListIncidentsQuery): Promise<Listing> {
    demandEverywhere(caller);
    const { limit = DEFAULT_LIMIT, status, cursor } = filter;
    const before = cursor === undefined ? Infinity : cursors.read(cursor);
    const { events } = await this.ledger.readStream(gateStream());
    const named = declarationsIn(events).filter(({ position }) => position < before);
    const wanted = named.filter(({ open }) => status === undefined || open === (status === 'open'));
    const shown = wanted.slice(0, limit);
    const histories = await this.ledger.readStreams(shown.map(({ incidentId }) => incidentStream(incidentId)));
    const incidents = [...histories.values()].map((history) => incidentView(history.events));
    const last = wanted.length > limit ? shown.at(-1) : undefined;
    return { incidents, ...(last ? { nextCursor: cursors.write(last.position) } : {}) };
  }
}

/** Newest first. */
const declarationsIn = (events: readonly RecordedEvent[]) => {
  const declarations = new Map<IncidentId, { incidentId: IncidentId; position: number; open: boolean }>();
  for (const { type, data, position } of events) {
    const { incidentId } = data as unknown as GateClosed['data'];
    if (type === 'GateClosed') declarations.set(incidentId, { incidentId, position, open: true });
    const declaration = declarations.get(incidentId);
    if (type === 'GateOpened' && declaration) declarations.set(incidentId, { ...declaration, open: false });
  }
  return [...declarations.values()].reverse();
};

const demandEverywhere = ({ grant }: Caller): void => {
  if (grant.namespaces) throw new ForbiddenError('an incident may hit certificates in any namespace');
};
