import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Issuer, ResultOf, routes } from '@cartulary/contracts';
import { IssuerNotFoundError, parseIssuerId } from '@cartulary/domain';
import { IssuerDirectory } from '@cartulary/service';
import { Freshness } from '../projection/freshness.js';
import { IssuerReader } from './issuer-reader.js';

type Issuers = ResultOf<typeof routes.listIssuers>;

export class ListIssuersQuery extends Query<Issuers> {}

@QueryHandler(ListIssuersQuery)
export class ListIssuersHandler implements IQueryHandler<ListIssuersQuery> {
  constructor(
    private readonly freshness: Freshness,
    private readonly issuers: IssuerDirectory,
    private readonly reader: IssuerReader,
  ) {}

  async execute(): Promise<Issuers> {
    const position = await this.freshness.await();
    return { issuers: await this.reader.view(this.issuers.all().map(({ issuerId }) => issuerId)), position };
  }
}

export class ShowIssuerQuery extends Query<Issuer> {
  constructor(readonly issuerId: string) {
    super();
  }
}

@QueryHandler(ShowIssuerQuery)
export class ShowIssuerHandler implements IQueryHandler<ShowIssuerQuery> {
  constructor(
    private readonly freshness: Freshness,
    private readonly issuers: IssuerDirectory,
    private readonly reader: IssuerReader,
  ) {}

  async execute({ issuerId }: ShowIssuerQuery): Promise<Issuer> {
    await this.freshness.await();
    const known = this.issuers.get(parseIssuerId(issuerId));
    const [issuer] = await this.reader.view([known.issuerId]);
    if (!issuer) throw new IssuerNotFoundError(issuerId);
    return issuer;
  }
}
