import { Controller } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type Issuer, type ResultOf, routes, type TrustBundle } from '@cartulary/contracts';
import { ListIssuersQuery, ShowIssuerQuery } from './issuers/query.js';
import { ShowTrustBundleQuery } from './issuers/trust-bundle.js';
import { ListIdentitiesQuery } from './list-identities/query.js';

/** Identities and issuers. */
@Controller()
export class DirectoryController {
  constructor(private readonly queries: QueryBus) {}

  @Endpoint(routes.listIdentities)
  identities(
    @Request(routes.listIdentities) { query, caller }: Call<typeof routes.listIdentities>,
  ): Promise<ResultOf<typeof routes.listIdentities>> {
    return this.queries.execute(new ListIdentitiesQuery(query, caller));
  }

  @Endpoint(routes.listIssuers)
  issuers(): Promise<ResultOf<typeof routes.listIssuers>> {
    return this.queries.execute(new ListIssuersQuery());
  }

  @Endpoint(routes.getIssuer)
  issuer(@Request(routes.getIssuer) { params }: Call<typeof routes.getIssuer>): Promise<Issuer> {
    return this.queries.execute(new ShowIssuerQuery(params.issuerId));
  }

  @Endpoint(routes.getTrustBundle)
  trustBundle(): Promise<TrustBundle> {
    return this.queries.execute(new ShowTrustBundleQuery());
  }
}
