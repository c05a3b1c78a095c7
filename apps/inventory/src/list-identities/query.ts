import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { QueryOf, ResultOf, routes } from '@cartulary/contracts';
import type { IdentityState } from '@cartulary/domain';
import { Database, identityView, Settings } from '@cartulary/service';
import { DEFAULT_LIMIT, pageOf } from '../paging/page.js';
import { Moments } from '../paging/moment.js';
import { identitiesStatement, identityCursor } from './statement.js';

type Route = typeof routes.listIdentities;

export class ListIdentitiesQuery extends Query<ResultOf<Route>> {
  constructor(
    readonly filter: QueryOf<Route>,
    readonly caller: Caller,
  ) {
    super();
  }
}

interface Row {
  readonly id: string;
  readonly position: string;
  readonly state: Exclude<IdentityState, { status: 'unregistered' }>;
}

@QueryHandler(ListIdentitiesQuery)
export class ListIdentitiesHandler implements IQueryHandler<ListIdentitiesQuery> {
  constructor(
    private readonly moments: Moments,
    private readonly database: Database,
    private readonly settings: Settings,
  ) {}

  async execute({ filter, caller }: ListIdentitiesQuery): Promise<ResultOf<Route>> {
    const { limit = DEFAULT_LIMIT } = filter;
    const cursor = identityCursor(this.settings.trustDomain);
    const page = cursor.read(filter.cursor);
    const { position, asOf } = await this.moments.shown(filter.asOf, page);
    const { sql, parameters } = identitiesStatement({ ...filter, asOf, limit: limit + 1, after: page?.last }, caller);
    const { rows, last } = pageOf(await this.database.query<Row>(sql, parameters), limit);
    const identities = rows.map((row) => identityView(row.state, Number(row.position)));
    return { identities, ...(last ? { nextCursor: cursor.of(last.id, asOf) } : {}), position };
  }
}
