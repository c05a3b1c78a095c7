import { Inject } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { Diagnostics } from '@cartulary/contracts';
import { describeDatabase, Ledger } from '@cartulary/ledger';
import { Clock, CONFIG, type Config } from '@cartulary/runtime';
import { Database, kafkaSettingsOf, Settings } from '@cartulary/service';
import { reachKafka, relayState } from '@cartulary/transport';

export class ShowDiagnosticsQuery extends Query<Diagnostics> {}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);
const REASON = 1024;

@QueryHandler(ShowDiagnosticsQuery)
export class ShowDiagnosticsHandler implements IQueryHandler<ShowDiagnosticsQuery> {
  constructor(
    private readonly ledger: Ledger,
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async execute(): Promise<Diagnostics> {
    const { clockSkew, crl, ocsp, epochs } = this.settings;
    // Before the head, so that a lag is never less than it was.
    const kafka = await this.#kafka();
    const { position } = await this.ledger.head();
    const { time, ...described } = await describeDatabase(this.database);
    return {
      time: this.clock.now().toISOString(),
      runtime: `Node ${process.versions.node}`,
      position,
      settings: {
        clockSkew: seconds(clockSkew),
        crlRefresh: seconds(crl.refresh),
        crlValidity: seconds(crl.validity),
        ocspValidity: seconds(ocsp.validity),
        epochLength: seconds(epochs.length),
        epochLead: seconds(epochs.lead),
      },
      database: { ...described, time: time.toISOString() },
      ...(kafka ? { kafka: { ...kafka, relay: { ...kafka.relay, lag: behind(position, kafka.relay.position) } } } : {}),
    };
  }

  async #kafka() {
    const settings = kafkaSettingsOf(this.config);
    if (!settings) return undefined;
    const [{ reason, ...reach }, relay] = await Promise.all([
      reachKafka(settings),
      relayState(this.database, settings),
    ]);
    return { ...reach, ...(reason === undefined ? {} : { reason: reason.slice(0, REASON) }), relay };
  }
}

const behind = (head: number, position: number): number => Math.max(0, head - position);
