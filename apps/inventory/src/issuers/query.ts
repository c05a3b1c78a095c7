import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Issuer, QueryOf, ResultOf, routes } from '@cartulary/contracts';
import { IssuerNotFoundError, parseIssuerId } from '@cartulary/domain';
import { IssuerDirectory } from '@cartulary/service';
import { textCursor } from '../paging/cursor.js';
import { Moments, type Shown } from '../paging/moment.js';
import { DEFAULT_LIMIT, pageOf } from '../paging/page.js';
import { IssuerReader, placeOf } from './issuer-reader.js';

type Route = typeof routes.listIssuers;
const cursor = textCursor('issuers');

export class ListIssuersQuery extends Query<ResultOf<Route>> {
  constructor(readonly filter: QueryOf<Route>) {
    super();
  }
}

@QueryHandler(ListIssuersQuery)
export class ListIssuersHandler implements IQueryHandler<ListIssuersQuery> {
  constructor(
    private readonly moments: Moments,
    private readonly issuers: IssuerDirectory,
    private readonly reader: IssuerReader,
  ) {}

  async execute({ filter }: ListIssuersQuery): Promise<ResultOf<Route>> {
    const { purpose, limit = DEFAULT_LIMIT } = filter;
    const page = cursor.read(filter.cursor);
    const { position, asOf } = await this.moments.shown(filter.asOf, page);
    const asked = this.issuers.all().filter((issuer) => purpose === undefined || issuer.purpose === purpose);
    const ids = asked.filter((issuer) => !page || placeOf(issuer) > page.last).map(({ issuerId }) => issuerId);
    const { rows, last } = pageOf(await this.reader.states(ids, momentAt(asOf)), limit);
    const issuers = await this.reader.view(rows, asOf);
    return { issuers, ...(last ? { nextCursor: cursor.of(placeOf(last.state), asOf) } : {}), position };
  }
}

export class ShowIssuerQuery extends Query<Issuer> {
  constructor(
    readonly issuerId: string,
    readonly asOf?: string,
  ) {
    super();
  }
}

@QueryHandler(ShowIssuerQuery)
export class ShowIssuerHandler implements IQueryHandler<ShowIssuerQuery> {
  constructor(
    private readonly moments: Moments,
    private readonly issuers: IssuerDirectory,
    private readonly reader: IssuerReader,
  ) {}

  async execute({ issuerId, asOf: asked }: ShowIssuerQuery): Promise<Issuer> {
    const { asOf } = await this.moments.shown(asked);
    const known = this.issuers.get(parseIssuerId(issuerId));
    const [issuer] = await this.reader.view(await this.reader.states([known.issuerId], momentAt(asOf)), asOf);
    if (!issuer) throw new IssuerNotFoundError(issuerId);
    return issuer;
  }
}

const momentAt = (position: Shown['asOf']) => (position === undefined ? undefined : { position });
