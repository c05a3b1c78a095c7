import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { FullCertificate, ResultOf, routes } from '@cartulary/contracts';
import { parseSerial } from '@cartulary/domain';
import { Clock } from '@cartulary/runtime';
import { certificateView, IssuerDirectory } from '@cartulary/service';
import { eventView } from '../ledger/event-view.js';
import { CertificateReader } from './certificate-reader.js';

export class ShowCertificateQuery extends Query<FullCertificate> {
  constructor(
    readonly serial: string,
    readonly caller: Caller,
  ) {
    super();
  }
}

@QueryHandler(ShowCertificateQuery)
export class ShowCertificateHandler implements IQueryHandler<ShowCertificateQuery> {
  constructor(
    private readonly reader: CertificateReader,
    private readonly issuers: IssuerDirectory,
    private readonly clock: Clock,
  ) {}

  async execute({ serial, caller }: ShowCertificateQuery): Promise<FullCertificate> {
    const { state, events } = await this.reader.read(parseSerial(serial), caller);
    const position = events.at(-1)?.position ?? 0;
    return certificateView(state, { issuers: this.issuers, now: this.clock.now(), position });
  }
}

type History = ResultOf<typeof routes.getCertificateHistory>;

export class ShowHistoryQuery extends Query<History> {
  constructor(
    readonly serial: string,
    readonly caller: Caller,
  ) {
    super();
  }
}

@QueryHandler(ShowHistoryQuery)
export class ShowHistoryHandler implements IQueryHandler<ShowHistoryQuery> {
  constructor(private readonly reader: CertificateReader) {}

  async execute({ serial, caller }: ShowHistoryQuery): Promise<History> {
    const { events } = await this.reader.read(parseSerial(serial), caller);
    return { events: events.map(eventView) };
  }
}
