import { migrate, provisionServiceRole } from '@cartulary/ledger';
import { startEmbeddedPostgres } from '@cartulary/ledger/embedded';
import type { Config, Logger, Shutdown } from '@cartulary/runtime';
import type { DataDirectory } from '@cartulary/service';

export interface OpenedDatabase {
  /** As the role that may append and read only. */
  readonly serviceUrl: string;
  /** For people: without a password. */
  readonly description: string;
}

/**
 * The configured Postgres, or the embedded one; migrated. With one URL only, that is the owner's, and the services get a
 * role of their own; with both, the services' role is the administrator's business.
 */
export const openDatabase = async (
  config: Config,
  data: DataDirectory,
  logger: Logger,
  shutdown: Shutdown,
): Promise<OpenedDatabase> => {
  const ownerUrl = config.databaseOwnerUrl ?? (await startEmbedded(config, data, logger, shutdown));
  const { applied } = await migrate({ ownerUrl });
  if (applied.length > 0) logger.info({ applied }, 'migrated');
  const separate = config.databaseUrl !== undefined && config.databaseUrl !== config.databaseOwnerUrl;
  const serviceUrl = separate ? config.databaseUrl : await ownRole(ownerUrl, data);
  return { serviceUrl: serviceUrl ?? ownerUrl, description: withoutPassword(ownerUrl) };
};

const startEmbedded = async (
  config: Config,
  data: DataDirectory,
  logger: Logger,
  shutdown: Shutdown,
): Promise<string> => {
  const postgres = await startEmbeddedPostgres({ dataDirectory: data.file('postgres'), port: config.databasePort });
  shutdown.register('postgres', () => postgres.stop());
  logger.info({ port: postgres.port, adopted: postgres.adopted }, 'embedded Postgres is up');
  return postgres.ensureDatabase('cartulary');
};

const ownRole = async (ownerUrl: string, data: DataDirectory): Promise<string> => {
  const database = decodeURIComponent(new URL(ownerUrl).pathname.slice(1)) || 'postgres';
  const password = await data.secret('database.password');
  return provisionServiceRole({ ownerUrl, role: `${database}_services`, password });
};

const withoutPassword = (url: string): string => {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
};
