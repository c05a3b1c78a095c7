import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type ProjectionGeneration, type ResultOf, routes } from '@cartulary/contracts';
import { ListProjectionsQuery } from './list-projections/query.js';
import { RebuildProjectionCommand } from './rebuild-projection/handler.js';

@Controller()
export class ProjectionsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly commands: CommandBus,
  ) {}

  @Endpoint(routes.listProjections)
  list(): Promise<ResultOf<typeof routes.listProjections>> {
    return this.queries.execute(new ListProjectionsQuery());
  }

  @Endpoint(routes.rebuildProjection)
  rebuild(
    @Request(routes.rebuildProjection) { params, ...call }: Call<typeof routes.rebuildProjection>,
  ): Promise<ProjectionGeneration> {
    return this.commands.execute(new RebuildProjectionCommand(params.name, call));
  }
}
