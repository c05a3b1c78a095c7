import { migrate, provisionServiceRole } from '@cartulary/ledger';
import { startEmbeddedPostgres } from '@cartulary/ledger/embedded';
import type { Config, Logger, Shutdown } from '@cartulary/runtime';
import { type DataDirectory, databaseUrlsOf, requireDatabase } from '@cartulary/service';

const PASSWORD = 'database.password';

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
  const urls = databaseUrlsOf(config);
  if (urls.owner !== undefined) await requireDatabase(urls.owner, urls.owner !== urls.service);
  const ownerUrl = urls.owner ?? (await startEmbedded(config, data, logger, shutdown));
  const { applied } = await migrate({ ownerUrl });
  if (applied.length > 0) logger.info({ applied }, 'migrated');
  const description = withoutPassword(ownerUrl);
  if (urls.service === undefined || urls.service === urls.owner) {
    const password = urls.service === undefined && urls.owner !== undefined ? config.databasePassword : undefined;
    return { serviceUrl: await ownRole(ownerUrl, password?.reveal() ?? (await data.secret(PASSWORD))), description };
  }
  await requireDatabase(urls.service);
  return { serviceUrl: urls.service, description };
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

const ownRole = (ownerUrl: string, password: string): Promise<string> => {
  const database = decodeURIComponent(new URL(ownerUrl).pathname.slice(1)) || 'postgres';
  return provisionServiceRole({ ownerUrl, role: `${database}_services`, password });
};

const withoutPassword = (url: string): string => {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
};
