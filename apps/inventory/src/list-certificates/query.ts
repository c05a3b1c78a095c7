import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { Certificate, QueryOf, ResultOf, routes } from '@cartulary/contracts';
import { type Base64, type CertificateIssued, certificateStream, timestamp } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import {
  certificateOutlineView,
  certificateView,
  type CertificateOutline,
  Database,
  IssuerDirectory,
  RotationDirectory,
  type ViewedAt,
} from '@cartulary/service';
import { DEFAULT_LIMIT, pageOf } from '../paging/page.js';
import { Moments, type Shown } from '../paging/moment.js';
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
    private readonly moments: Moments,
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly rotations: RotationDirectory,
  ) {}

  async execute({ filter, caller }: ListCertificatesQuery): Promise<ResultOf<Route>> {
    const { limit = DEFAULT_LIMIT, include } = filter;
    const shown = await this.moments.shown(filter.asOf, certificateCursor.read(filter.cursor));
    const cutOff = this.issuers.all().flatMap(({ issuerId, revocation }) => {
      if (!revocation || revocation.revokedAt > timestamp(shown.now)) return [];
      return [{ issuerId, revokedAt: revocation.revokedAt }];
    });
    const wanted = { ...filter, limit: limit + 1 };
    const { sql, parameters } = certificatesStatement(wanted, caller, { ...shown, cutOff });
    const { position, asOf } = shown;
    const { rows, last } = pageOf(await this.database.query<Row>(sql, parameters), limit);
    const certificates = include
      ? await this.#withPems(rows, shown)
      : rows.map((row) => certificateOutlineView(row.state, this.#viewedAt(row, shown)));
    return { certificates, ...(last ? { nextCursor: certificateCursor.of(Number(last.issued), asOf) } : {}), position };
  }

  /** The projection holds no certificate: those of a page are read from the ledger, in one round trip. */
  async #withPems(rows: readonly Row[], shown: Shown): Promise<Certificate[]> {
    const histories = await this.ledger.readStreams(rows.map(({ state }) => certificateStream(state.serial)));
    return rows.map((row) => {
      const issued = histories.get(certificateStream(row.state.serial))?.events[0]?.data;
      const { certificate } = issued as unknown as CertificateIssued['data'] & { certificate: Base64 };
      return certificateView({ ...row.state, certificate }, this.#viewedAt(row, shown));
    });
  }

  /** What rotations under way make of renewal windows is of now. */
  #viewedAt({ state, issued, position }: Row, { now, asOf }: Shown): ViewedAt & { readonly issuers: IssuerDirectory } {
    const rotated = asOf === undefined ? { renewalWindow: this.rotations.windowOf(state, Number(issued)) } : {};
    return { now, position: Number(position), issuers: this.issuers, ...rotated };
  }
}
