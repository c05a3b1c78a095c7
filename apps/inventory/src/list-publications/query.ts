import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Issuer, QueryOf, ResultOf, routes } from '@cartulary/contracts';
import { Database } from '@cartulary/service';
import { DEFAULT_LIMIT, pageOf } from '../paging/page.js';
import { Freshness } from '../projection/freshness.js';
import { publicationCursor, publicationsStatement } from './statement.js';

type Route = typeof routes.listPublications;

export class ListPublicationsQuery extends Query<ResultOf<Route>> {
  constructor(readonly filter: QueryOf<Route>) {
    super();
  }
}

interface Row {
  readonly issuer_id: string;
  readonly position: number;
  readonly crl: NonNullable<Issuer['crl']>;
}

@QueryHandler(ListPublicationsQuery)
export class ListPublicationsHandler implements IQueryHandler<ListPublicationsQuery> {
  constructor(
    private readonly freshness: Freshness,
    private readonly database: Database,
  ) {}

  async execute({ filter }: ListPublicationsQuery): Promise<ResultOf<Route>> {
    const { limit = DEFAULT_LIMIT } = filter;
    const { sql, parameters } = publicationsStatement({ ...filter, limit: limit + 1 });
    const position = await this.freshness.await();
    const { rows, last } = pageOf(await this.database.query<Row>(sql, parameters), limit);
    const publications = rows.map(({ issuer_id, crl, ...row }) => ({
      kind: 'crl' as const,
      issuerId: issuer_id,
      ...crl,
      position: row.position,
    }));
    return { publications, ...(last ? { nextCursor: publicationCursor.of(last.position) } : {}), position };
  }
}
