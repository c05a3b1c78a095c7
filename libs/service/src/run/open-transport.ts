import type { Ledger } from '@cartulary/ledger';
import type { Config, Logger, Metrics, Shutdown } from '@cartulary/runtime';
import { KafkaTransport, LedgerTransport, PostgresConsumerStore, Relay, type Transport } from '@cartulary/transport';
import { kafkaSettingsOf } from './kafka-settings.js';
import { watchRelay } from './watch.js';

export interface TransportSources {
  /** Opened when it is first asked for: another transport than the ledger's needs no database. */
  readonly ledger: () => Ledger;
  readonly databaseUrl: () => string;
  readonly logger: Logger;
}

const trouble =
  (logger: Logger) =>
  (what: string, err: unknown): void =>
    logger.warn({ err, what }, 'transport');

/** The one place where the transport of a service that runs apart is chosen. */
export const openTransport = (config: Config, sources: TransportSources): Transport => {
  const kafka = kafkaSettingsOf(config);
  return kafka ? new KafkaTransport(kafka, { onTrouble: trouble(sources.logger) }) : openLedgerTransport(sources);
};

/** Events from the ledger's own tail. */
export const openLedgerTransport = ({ ledger, databaseUrl, logger }: TransportSources): Transport =>
  new LedgerTransport(ledger(), new PostgresConsumerStore({ url: databaseUrl() }), { onTrouble: trouble(logger) });

/** Whoever has the ledger stands by to bring it to Kafka: one of all does. Does nothing without Kafka. */
export const openRelay = (
  config: Config,
  { ledger, databaseUrl, logger }: TransportSources,
  { shutdown, metrics }: { readonly shutdown: Shutdown; readonly metrics: Metrics },
): void => {
  const kafka = kafkaSettingsOf(config);
  if (!kafka) return;
  const { trustDomain, crlValidity } = config;
  const relay = new Relay({
    ledger: ledger(),
    kafka,
    databaseUrl: databaseUrl(),
    trustDomain,
    keepExpired: 2 * crlValidity,
    onTrouble: trouble(logger),
  });
  shutdown.register('relay', () => relay.stop());
  watchRelay(relay, { metrics, shutdown, logger });
};
