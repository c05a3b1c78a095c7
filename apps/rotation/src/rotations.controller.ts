import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type ResultOf, type Rotation, routes } from '@cartulary/contracts';
import { OrderRotationCommand } from './order-rotation/command.js';
import { ListRotationsQuery, ShowRotationQuery } from './show-rotations/query.js';

@Controller()
export class RotationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Endpoint(routes.orderRotation)
  order(@Request(routes.orderRotation) { body, ...call }: Call<typeof routes.orderRotation>): Promise<Rotation> {
    return this.commands.execute(new OrderRotationCommand(body, call));
  }

  @Endpoint(routes.listRotations)
  list(
    @Request(routes.listRotations) { query, caller }: Call<typeof routes.listRotations>,
  ): Promise<ResultOf<typeof routes.listRotations>> {
    return this.queries.execute(new ListRotationsQuery(query, caller));
  }

  @Endpoint(routes.getRotation)
  show(@Request(routes.getRotation) { params, caller }: Call<typeof routes.getRotation>): Promise<Rotation> {
    return this.queries.execute(new ShowRotationQuery(params.rotationId, caller));
  }
}
