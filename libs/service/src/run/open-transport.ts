import type { Ledger } from '@cartulary/ledger';
import type { Config, Logger } from '@cartulary/runtime';
import { LedgerTransport, PostgresConsumerStore, type Transport } from '@cartulary/transport';

export interface TransportSources {
  /** Opened when it is first asked for: another transport than the ledger's needs no database. */
  readonly ledger: () => Ledger;
  readonly databaseUrl: () => string;
  readonly logger: Logger;
}

/** The one place where the transport is chosen. */
export const openTransport = (_config: Config, { ledger, databaseUrl, logger }: TransportSources): Transport =>
  new LedgerTransport(ledger(), new PostgresConsumerStore({ url: databaseUrl() }), {
    onTrouble: (what, err) => logger.warn({ err, what }, 'transport'),
  });
