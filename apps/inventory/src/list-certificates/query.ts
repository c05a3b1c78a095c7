import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { Certificate, QueryOf, ResultOf, routes } from '@cartulary/contracts';
import { type Base64, type CertificateIssued, certificateStream } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import {
  certificateOutlineView,
  certificateView,
  type CertificateOutline,
  Database,
  IssuerDirectory,
} from '@cartulary/service';
import { DEFAULT_LIMIT, pageOf } from '../paging/page.js';
import { Freshness } from '../projection/freshness.js';
import { certificateCursor, certificatesStatement } from './statement.js';

type Route = typeof routes.listCertificates;

export class ListCertificatesQuery extends Query<ResultOf<Route>> {
  constructor(
    readonly filter: QueryOf<Route>,
    readonly caller: Caller,
  ) {
    super();
  }
}

interface Row {
  readonly issued: string;
  readonly position: string;
  readonly state: CertificateOutline;
}

@QueryHandler(ListCertificatesQuery)
export class ListCertificatesHandler implements IQueryHandler<ListCertificatesQuery> {
  constructor(
    private readonly freshness: Freshness,
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly clock: Clock,
  ) {}

  async execute({ filter, caller }: ListCertificatesQuery): Promise<ResultOf<Route>> {
    const { limit = DEFAULT_LIMIT, include } = filter;
    const now = this.clock.now();
    const { sql, parameters } = certificatesStatement({ ...filter, limit: limit + 1 }, caller, now);
    const position = await this.freshness.await();
    const { rows, last } = pageOf(await this.database.query<Row>(sql, parameters), limit);
    const certificates = include ? await this.#withPems(rows, now) : rows.map((row) => outline(row, now));
    return { certificates, ...(last ? { nextCursor: certificateCursor.of(Number(last.issued)) } : {}), position };
  }

  /** The projection holds no certificate: those of a page are read from the ledger, in one round trip. */
  async #withPems(rows: readonly Row[], now: Date): Promise<Certificate[]> {
    const histories = await this.ledger.readStreams(rows.map(({ state }) => certificateStream(state.serial)));
    return rows.map((row) => {
      const issued = histories.get(certificateStream(row.state.serial))?.events[0]?.data;
      const { certificate } = issued as unknown as CertificateIssued['data'] & { certificate: Base64 };
      const position = Number(row.position);
      return certificateView({ ...row.state, certificate }, { issuers: this.issuers, now, position });
    });
  }
}

const outline = ({ state, position }: Row, now: Date): Certificate =>
  certificateOutlineView(state, { now, position: Number(position) });
