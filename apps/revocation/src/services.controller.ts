import { Controller } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type MutualTls, type ResultOf, routes, type Service } from '@cartulary/contracts';
import { DefineServiceCommand } from './rule-services/define-service.js';
import { ListMutualTlsQuery, ListServicesQuery, ShowServiceQuery } from './rule-services/query.js';
import { SetMutualTlsCommand } from './rule-services/set-mutual-tls.js';

@Controller()
export class ServicesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Endpoint(routes.defineService)
  async define(@Request(routes.defineService) { body, ...call }: Call<typeof routes.defineService>): Promise<Service> {
    const defined = await this.commands.execute(new DefineServiceCommand(body, body, call));
    if (!defined) throw new Error('a service without its event');
    return defined;
  }

  @Endpoint(routes.listServices)
  list(
    @Request(routes.listServices) { query, caller }: Call<typeof routes.listServices>,
  ): Promise<ResultOf<typeof routes.listServices>> {
    return this.queries.execute(new ListServicesQuery(query, caller));
  }

  @Endpoint(routes.getService)
  show(@Request(routes.getService) { params, caller }: Call<typeof routes.getService>): Promise<Service> {
    return this.queries.execute(new ShowServiceQuery(params, caller));
  }

  @Endpoint(routes.retireService)
  async retire(
    @Request(routes.retireService) { params, ...call }: Call<typeof routes.retireService>,
  ): Promise<ResultOf<typeof routes.retireService>> {
    await this.commands.execute(new DefineServiceCommand(params, undefined, call));
    return params;
  }

  @Endpoint(routes.setMutualTls)
  async set(@Request(routes.setMutualTls) { body, ...call }: Call<typeof routes.setMutualTls>): Promise<MutualTls> {
    const { mode, ...scope } = body;
    const set = await this.commands.execute(new SetMutualTlsCommand(scope, mode, call));
    if (!set) throw new Error('a mode without its event');
    return set;
  }

  @Endpoint(routes.listMutualTls)
  listModes(
    @Request(routes.listMutualTls) { query, caller }: Call<typeof routes.listMutualTls>,
  ): Promise<ResultOf<typeof routes.listMutualTls>> {
    return this.queries.execute(new ListMutualTlsQuery(query, caller));
  }

  @Endpoint(routes.clearMutualTls)
  async clear(
    @Request(routes.clearMutualTls) { query, ...call }: Call<typeof routes.clearMutualTls>,
  ): Promise<ResultOf<typeof routes.clearMutualTls>> {
    await this.commands.execute(new SetMutualTlsCommand(query, undefined, call));
    return query;
  }
}
