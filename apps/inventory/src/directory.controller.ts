import { Controller } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type Issuer, type ResultOf, routes, type TrustBundle } from '@cartulary/contracts';
import { ListIssuersQuery, ShowIssuerQuery } from './issuers/query.js';
import { ShowTrustBundleQuery } from './issuers/trust-bundle.js';
import { ListIdentitiesQuery } from './list-identities/query.js';
import { ListPublicationsQuery } from './list-publications/query.js';

/** Identities, issuers and what these publish. */
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
  issuers(
    @Request(routes.listIssuers) { query }: Call<typeof routes.listIssuers>,
  ): Promise<ResultOf<typeof routes.listIssuers>> {
    return this.queries.execute(new ListIssuersQuery(query));
  }

  @Endpoint(routes.getIssuer)
  issuer(@Request(routes.getIssuer) { params, query }: Call<typeof routes.getIssuer>): Promise<Issuer> {
    return this.queries.execute(new ShowIssuerQuery(params.issuerId, query.asOf));
  }

  @Endpoint(routes.listPublications)
  publications(
    @Request(routes.listPublications) { query }: Call<typeof routes.listPublications>,
  ): Promise<ResultOf<typeof routes.listPublications>> {
    return this.queries.execute(new ListPublicationsQuery(query));
  }

  @Endpoint(routes.getTrustBundle)
  trustBundle(): Promise<TrustBundle> {
    return this.queries.execute(new ShowTrustBundleQuery());
  }
}
