import { type Ledger, PostgresLedger, ProjectionDatabase } from '@cartulary/ledger';
import { type Config, ConfigurationError, isTracing, type Metrics } from '@cartulary/runtime';
import { FileSigner, type Signer } from '@cartulary/x509';
import { IssuerDirectory } from '../issuer-directory.js';
import type { ServiceResources } from '../service.module.js';
import { databaseUrlsOf, requireDatabase } from './database-urls.js';
import type { DataDirectory } from './data-directory.js';
import type { Needs } from './definition.js';
import { ServiceSetupError } from './errors.js';
import { openKeptIssuers } from './kept-issuers.js';
import { kafkaSettingsOf, requireKafka } from './kafka-settings.js';
import { forgetDestroyedKeys } from './forget-destroyed-keys.js';
import { openRelay, openTransport } from './open-transport.js';
import { RestrictedSigner, type SignerRights } from './restricted-signer.js';
import type { Process } from './run-process.js';
import { settingsOf } from './settings-of.js';

/** Opens what a service needs and nothing else; each registers how it is closed. */
export const openService = async (
  { config, logger, shutdown }: Pick<Process, 'config' | 'logger' | 'shutdown'>,
  data: DataDirectory,
  needs: Needs,
  metrics: Metrics,
): Promise<ServiceResources> => {
  const signer = needs.signer && (await openSigner(config, data, needs.signer));
  const urls = databaseUrlsOf(config);
  const databaseUrl = (): string => requiredKey('CARTULARY_DATABASE_URL', urls.service);
  const kafka = kafkaSettingsOf(config);
  await Promise.all([
    needs.ledger || needs.projections || !kafka ? requireDatabase(databaseUrl()) : undefined,
    requireKafka(kafka),
  ]);
  let opened: Ledger | undefined;
  const ledger = (): Ledger => {
    if (opened) return opened;
    const one = new PostgresLedger({ url: databaseUrl(), traces: isTracing() });
    shutdown.register('ledger', () => one.close());
    return (opened = one);
  };
  const sources = { ledger, databaseUrl, logger };
  if (needs.ledger) openRelay(config, sources, { shutdown, metrics });
  const transport = openTransport(config, sources);
  shutdown.register('transport', () => transport.close());
  const projections = needs.projections ? new ProjectionDatabase(databaseUrl()) : undefined;
  if (projections) shutdown.register('projections', () => projections.close());
  // What has no database of its own must come up also when nothing else does.
  const alone = !needs.ledger && !needs.projections;
  const issuers = await (alone ? openKeptIssuers(transport, data, logger) : IssuerDirectory.follow(transport));
  if (issuers.systemAnchors().length === 0) {
    throw new ServiceSetupError('there is no trust domain in this ledger yet: run `cartulary init`');
  }
  if (signer) forgetDestroyedKeys(issuers, signer);
  return {
    settings: settingsOf(config, config.publicUrl),
    transport,
    issuers,
    ...(needs.ledger ? { ledger: ledger() } : {}),
    ...(projections ? { database: projections } : {}),
    ...(signer ? { signer } : {}),
  };
};

/** Throws ConfigurationError: this service can't do without the key that others leave out. */
export const requiredKey = <T>(variable: string, value: T | undefined): T => {
  if (value !== undefined) return value;
  throw new ConfigurationError([
    { key: variable, message: 'is missing', hint: 'a service that runs by itself needs it' },
  ]);
};

/** The keys were made by `cartulary init`: a store or passphrase made here would only hide that they are missing. */
const openSigner = async (config: Config, data: DataDirectory, rights: SignerRights): Promise<Signer> => {
  const passphrase = config.keystorePassphrase?.reveal() ?? (await data.read('keystore.passphrase'))?.trim();
  if (!passphrase) throw new ServiceSetupError(`no passphrase of the key store in ${data.path}`);
  const store = await FileSigner.open({ directory: data.file('keys'), passphrase });
  if ((await store.keys()).length === 0) throw new ServiceSetupError(`no CA keys in ${data.file('keys')}`);
  return new RestrictedSigner(store, rights);
};
