import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { ResultOf, routes } from '@cartulary/contracts';
import { Clock } from '@cartulary/runtime';
import { Database, type TokenOutline, tokenView } from '@cartulary/service';
import { Conditions } from '../paging/conditions.js';
import { Freshness } from '../projection/freshness.js';

type Tokens = ResultOf<typeof routes.listTokens>;

export class ListTokensQuery extends Query<Tokens> {
  constructor(readonly caller: Caller) {
    super();
  }
}

interface Row {
  readonly position: string;
  readonly state: TokenOutline;
}

@QueryHandler(ListTokensQuery)
export class ListTokensHandler implements IQueryHandler<ListTokensQuery> {
  constructor(
    private readonly freshness: Freshness,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** A caller limited to namespaces sees the tokens that are limited to those or to some of them. */
  async execute({ caller }: ListTokensQuery): Promise<Tokens> {
    const where = new Conditions().add((list) => `namespaces <@ ${list}::text[]`, caller.grant.namespaces);
    const sql = `SELECT position, state FROM projections.inventory_tokens ${where.where} ORDER BY created DESC`;
    const position = await this.freshness.await();
    const rows = await this.database.query<Row>(sql, where.parameters);
    const now = this.clock.now();
    return { tokens: rows.map((row) => tokenView(row.state, Number(row.position), now)), position };
  }
}
