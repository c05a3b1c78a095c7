import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type Identity, routes } from '@cartulary/contracts';
import { GetIdentityQuery } from './get-identity/query.js';
import { RegisterIdentityCommand } from './register-identity/handler.js';
import { ChangeSuspensionCommand } from './suspend-identity/handler.js';

@Controller()
export class IdentitiesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Endpoint(routes.registerIdentity)
  register(
    @Request(routes.registerIdentity) { body, ...call }: Call<typeof routes.registerIdentity>,
  ): Promise<Identity> {
    return this.commands.execute(new RegisterIdentityCommand(body.id, body.grant, call));
  }

  @Endpoint(routes.getIdentity)
  get(@Request(routes.getIdentity) { params, query, caller }: Call<typeof routes.getIdentity>): Promise<Identity> {
    return this.queries.execute(new GetIdentityQuery(params.id, caller, query.asOf));
  }

  @Endpoint(routes.suspendIdentity)
  suspend(
    @Request(routes.suspendIdentity) { params, ...call }: Call<typeof routes.suspendIdentity>,
  ): Promise<Identity> {
    return this.commands.execute(new ChangeSuspensionCommand('SuspendIdentity', params.id, call));
  }

  @Endpoint(routes.reinstateIdentity)
  reinstate(
    @Request(routes.reinstateIdentity) { params, ...call }: Call<typeof routes.reinstateIdentity>,
  ): Promise<Identity> {
    return this.commands.execute(new ChangeSuspensionCommand('ReinstateIdentity', params.id, call));
  }
}
