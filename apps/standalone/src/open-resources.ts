import { PostgresLedger, ProjectionDatabase } from '@cartulary/ledger';
import type { Config, Logger, Shutdown } from '@cartulary/runtime';
import { IssuerDirectory, type ServiceResources } from '@cartulary/service';
import { LedgerTransport, PostgresConsumerStore } from '@cartulary/transport';
import { FileSigner } from '@cartulary/x509';
import type { DataDirectory } from './data-directory.js';
import { openDatabase } from './open-database.js';
import { settingsOf } from './settings.js';

export interface Opened {
  readonly resources: ServiceResources;
  /** For people. */
  readonly database: string;
}

/** Opens what the services share; each registers how it is closed. */
export const openResources = async (
  config: Config,
  data: DataDirectory,
  logger: Logger,
  shutdown: Shutdown,
): Promise<Opened> => {
  const passphrase = config.keystorePassphrase?.reveal() ?? (await data.secret('keystore.passphrase'));
  const [{ serviceUrl, description }, signer] = await Promise.all([
    openDatabase(config, data, logger, shutdown),
    FileSigner.open({ directory: data.file('keys'), passphrase }),
  ]);
  const ledger = new PostgresLedger({ url: serviceUrl });
  shutdown.register('ledger', () => ledger.close());
  const database = new ProjectionDatabase(serviceUrl);
  shutdown.register('projections', () => database.close());
  const transport = new LedgerTransport(ledger, new PostgresConsumerStore({ url: serviceUrl }), {
    onTrouble: (what, err) => logger.warn({ err, what }, 'transport'),
  });
  shutdown.register('transport', () => transport.close());
  const issuers = await IssuerDirectory.follow(transport);
  const settings = settingsOf(config, config.publicUrl);
  return { resources: { settings, ledger, transport, database, signer, issuers }, database: description };
};
