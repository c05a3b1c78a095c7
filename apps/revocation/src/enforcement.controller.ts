import { Controller } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type Enforcement, routes } from '@cartulary/contracts';
import { ShowEnforcementQuery } from './show-enforcement/query.js';

@Controller()
export class EnforcementController {
  constructor(private readonly queries: QueryBus) {}

  @Endpoint(routes.getEnforcement)
  show(@Request(routes.getEnforcement) { params, caller }: Call<typeof routes.getEnforcement>): Promise<Enforcement> {
    return this.queries.execute(new ShowEnforcementQuery(params.reference, caller));
  }
}
