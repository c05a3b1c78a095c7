import { PostgresLedger, ProjectionDatabase } from '@cartulary/ledger';
import { isTracing, type Metrics } from '@cartulary/runtime';
import {
  type DataDirectory,
  IssuerDirectory,
  kafkaSettingsOf,
  openLedgerTransport,
  openRelay,
  type Process,
  requireKafka,
  type ServiceResources,
  settingsOf,
} from '@cartulary/service';
import { FileSigner } from '@cartulary/x509';
import { openDatabase } from './open-database.js';

export interface Opened {
  readonly resources: Required<ServiceResources> & { readonly ledger: PostgresLedger };
  /** For people. */
  readonly database: string;
  /** Brings the ledger to Kafka, for other platforms, where brokers are configured; our own services don't need it. */
  startRelay(metrics: Metrics): void;
}

/** Opens what the services share; each registers how it is closed. */
export const openResources = async ({ config, logger, shutdown }: Process, data: DataDirectory): Promise<Opened> => {
  const passphrase = config.keystorePassphrase?.reveal() ?? (await data.secret('keystore.passphrase'));
  await requireKafka(kafkaSettingsOf(config));
  const [{ serviceUrl, description }, signer] = await Promise.all([
    openDatabase(config, data, logger, shutdown),
    FileSigner.open({ directory: data.file('keys'), passphrase }),
  ]);
  const ledger = new PostgresLedger({ url: serviceUrl, traces: isTracing() });
  shutdown.register('ledger', () => ledger.close());
  const database = new ProjectionDatabase(serviceUrl);
  shutdown.register('projections', () => database.close());
  const sources = { ledger: () => ledger, databaseUrl: () => serviceUrl, logger };
  const transport = openLedgerTransport(sources);
  shutdown.register('transport', () => transport.close());
  const issuers = await IssuerDirectory.follow(transport);
  const settings = settingsOf(config, config.publicUrl);
  return {
    resources: { settings, ledger, transport, database, signer, issuers },
    database: description,
    startRelay: (metrics) => openRelay(config, sources, { shutdown, metrics }),
  };
};
