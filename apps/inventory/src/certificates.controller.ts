import { Controller } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { type Call, Endpoint, Request } from '@cartulary/access';
import { type FullCertificate, type ResultOf, routes } from '@cartulary/contracts';
import { ListCertificatesQuery } from './list-certificates/query.js';
import { ShowCertificateQuery, ShowHistoryQuery } from './show-certificate/query.js';

@Controller()
export class CertificateQueriesController {
  constructor(private readonly queries: QueryBus) {}

  @Endpoint(routes.listCertificates)
  list(
    @Request(routes.listCertificates) { query, caller }: Call<typeof routes.listCertificates>,
  ): Promise<ResultOf<typeof routes.listCertificates>> {
    return this.queries.execute(new ListCertificatesQuery(query, caller));
  }

  @Endpoint(routes.getCertificate)
  show(
    @Request(routes.getCertificate) { params, query, caller }: Call<typeof routes.getCertificate>,
  ): Promise<FullCertificate> {
    return this.queries.execute(new ShowCertificateQuery(params.serial, caller, query.asOf));
  }

  @Endpoint(routes.getCertificateHistory)
  history(
    @Request(routes.getCertificateHistory) { params, caller }: Call<typeof routes.getCertificateHistory>,
  ): Promise<ResultOf<typeof routes.getCertificateHistory>> {
    return this.queries.execute(new ShowHistoryQuery(params.serial, caller));
  }
}
