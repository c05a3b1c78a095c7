import { Controller } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Endpoint } from '@cartulary/access';
import { type Diagnostics, routes } from '@cartulary/contracts';
import { ShowDiagnosticsQuery } from './diagnostics/query.js';

@Controller()
export class DiagnosticsController {
  constructor(private readonly queries: QueryBus) {}

  @Endpoint(routes.getDiagnostics)
  show(): Promise<Diagnostics> {
    return this.queries.execute(new ShowDiagnosticsQuery());
  }
}
