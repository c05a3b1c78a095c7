import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type Incident, type IncidentDeclaration, type ResultOf, routes } from '@cartulary/contracts';
import { CloseIncidentCommand } from './close-incident/handler.js';
import { DeclareIncidentCommand } from './declare-incident/command.js';
import { ListIncidentsQuery, ShowIncidentQuery } from './show-incidents/query.js';

@Controller()
export class IncidentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Endpoint(routes.declareIncident)
  declare(
    @Request(routes.declareIncident) { body, ...call }: Call<typeof routes.declareIncident>,
  ): Promise<IncidentDeclaration> {
    return this.commands.execute(new DeclareIncidentCommand(body, call));
  }

  @Endpoint(routes.listIncidents)
  list(
    @Request(routes.listIncidents) { query, caller }: Call<typeof routes.listIncidents>,
  ): Promise<ResultOf<typeof routes.listIncidents>> {
    return this.queries.execute(new ListIncidentsQuery(query, caller));
  }

  @Endpoint(routes.getIncident)
  show(@Request(routes.getIncident) { params, caller }: Call<typeof routes.getIncident>): Promise<Incident> {
    return this.queries.execute(new ShowIncidentQuery(params.incidentId, caller));
  }

  @Endpoint(routes.closeIncident)
  close(
    @Request(routes.closeIncident) { params, body, ...call }: Call<typeof routes.closeIncident>,
  ): Promise<Incident> {
    return this.commands.execute(new CloseIncidentCommand(params.incidentId, body?.comment, call));
  }
}
