import { Controller } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type ResultOf, routes } from '@cartulary/contracts';
import { ListEventsQuery } from './ledger/query.js';

@Controller()
export class LedgerController {
  constructor(private readonly queries: QueryBus) {}

  @Endpoint(routes.listEvents)
  events(
    @Request(routes.listEvents) { query, caller }: Call<typeof routes.listEvents>,
  ): Promise<ResultOf<typeof routes.listEvents>> {
    return this.queries.execute(new ListEventsQuery(query, caller));
  }
}
