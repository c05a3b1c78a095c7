import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Caller } from '@cartulary/access';
import type { FullCertificate, ResultOf, routes } from '@cartulary/contracts';
import { parseSerial } from '@cartulary/domain';
import { Ledger } from '@cartulary/ledger';
import { Clock } from '@cartulary/runtime';
import { certificateView, IssuerDirectory, momentOf, RotationDirectory } from '@cartulary/service';
import { eventView } from '../ledger/event-view.js';
import { CertificateReader } from './certificate-reader.js';

export class ShowCertificateQuery extends Query<FullCertificate> {
  constructor(
    readonly serial: string,
    readonly caller: Caller,
    readonly asOf?: string,
  ) {
    super();
  }
}

@QueryHandler(ShowCertificateQuery)
export class ShowCertificateHandler implements IQueryHandler<ShowCertificateQuery> {
  constructor(
    private readonly reader: CertificateReader,
    private readonly ledger: Ledger,
    private readonly issuers: IssuerDirectory,
    private readonly rotations: RotationDirectory,
    private readonly clock: Clock,
  ) {}

  async execute({ serial, caller, asOf }: ShowCertificateQuery): Promise<FullCertificate> {
    const now = this.clock.now();
    const moment = asOf === undefined ? undefined : await momentOf(this.ledger, asOf, now);
    const { state, events } = await this.reader.read(parseSerial(serial), caller, moment);
    const position = events.at(-1)?.position ?? 0;
    // What rotations under way make of it is of now.
    const rotated = moment ? {} : { renewalWindow: this.rotations.windowOf(state, events[0]?.position ?? 0) };
    return certificateView(state, { issuers: this.issuers, now: moment?.time ?? now, position, ...rotated });
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
