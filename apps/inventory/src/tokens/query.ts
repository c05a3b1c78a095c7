import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { QueryOf, ResultOf, routes } from '@cartulary/contracts';
import { Clock } from '@cartulary/runtime';
import { Database, type TokenOutline, tokenView } from '@cartulary/service';
import { DEFAULT_LIMIT, pageOf } from '../paging/page.js';
import { Freshness } from '../projection/freshness.js';
import { tokenCursor, tokensStatement } from './statement.js';

type Route = typeof routes.listTokens;

export class ListTokensQuery extends Query<ResultOf<Route>> {
  constructor(
    readonly filter: QueryOf<Route>,
    readonly caller: Caller,
  ) {
    super();
  }
}

interface Row {
  readonly created: number;
  readonly position: number;
  readonly state: TokenOutline;
}

@QueryHandler(ListTokensQuery)
export class ListTokensHandler implements IQueryHandler<ListTokensQuery> {
  constructor(
    private readonly freshness: Freshness,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async execute({ filter, caller }: ListTokensQuery): Promise<ResultOf<Route>> {
    const { limit = DEFAULT_LIMIT } = filter;
    const { sql, parameters } = tokensStatement({ ...filter, limit: limit + 1 }, caller);
    const position = await this.freshness.await();
    const { rows, last } = pageOf(await this.database.query<Row>(sql, parameters), limit);
    const now = this.clock.now();
    const tokens = rows.map((row) => tokenView(row.state, row.position, now));
    return { tokens, ...(last ? { nextCursor: tokenCursor.of(last.created) } : {}), position };
  }
}
