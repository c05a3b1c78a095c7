import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Projection, ResultOf, routes } from '@cartulary/contracts';
import { Ledger } from '@cartulary/ledger';
import { Generations } from '../projection/generations.js';
import { PROJECTION_VERSION } from '../projection/rows.js';
import { generationView } from './generation-view.js';

type Projections = ResultOf<typeof routes.listProjections>;

export class ListProjectionsQuery extends Query<Projections> {}

@QueryHandler(ListProjectionsQuery)
export class ListProjectionsHandler implements IQueryHandler<ListProjectionsQuery> {
  constructor(
    private readonly generations: Generations,
    private readonly ledger: Ledger,
  ) {}

  async execute(): Promise<Projections> {
    // In this order, so that the lag is never less than it was.
    const records = await this.generations.records();
    const position = await this.generations.position();
    const lag = Math.max(0, (await this.ledger.head()).position - position);
    const inventory: Projection = {
      name: 'inventory',
      version: PROJECTION_VERSION,
      position,
      lag,
      generations: records.map(generationView),
    };
    return { projections: [inventory] };
  }
}
