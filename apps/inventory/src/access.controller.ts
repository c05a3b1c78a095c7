import { Controller } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type Caller, openApiDocument, type ResultOf, routes } from '@cartulary/contracts';
import { Settings } from '@cartulary/service';
import { ListTokensQuery } from './tokens/query.js';
import { callerView } from './tokens/whoami.js';

/** What a client asks first: how to talk to us, and as whom. */
@Controller()
export class AccessController {
  readonly #openApi = openApiDocument();

  constructor(
    private readonly queries: QueryBus,
    private readonly settings: Settings,
  ) {}

  @Endpoint(routes.listTokens)
  tokens(
    @Request(routes.listTokens) { query, caller }: Call<typeof routes.listTokens>,
  ): Promise<ResultOf<typeof routes.listTokens>> {
    return this.queries.execute(new ListTokensQuery(query, caller));
  }

  @Endpoint(routes.whoAmI)
  whoAmI(@Request(routes.whoAmI) { caller }: Call<typeof routes.whoAmI>): Caller {
    return callerView(caller, this.settings.trustDomain);
  }

  @Endpoint(routes.getOpenApi)
  openApi(): ResultOf<typeof routes.getOpenApi> {
    return this.#openApi;
  }
}
