import { CommandBus } from '@nestjs/cqrs';
import { PublicServer } from '@cartulary/responder';
import {
  createLogger,
  createRestApplication,
  every,
  Health,
  keys,
  loadConfigOrExit,
  Metrics,
  type RestApplication,
  runUntilSignalled,
  Shutdown,
  SystemClock,
} from '@cartulary/runtime';
import type { IssuerDirectory } from '@cartulary/service';
import { derChainToPem } from '@cartulary/x509';
import { DataDirectory } from './data-directory.js';
import { registerFirstOperator } from './establish/first-operator.js';
import { LocalCredentials } from './establish/local-credentials.js';
import { establishTrustDomain } from './establish/trust-domain.js';
import { openResources } from './open-resources.js';
import { StandaloneModule } from './standalone.module.js';

const HOUR_MS = 3_600_000;
/** How long a request can be repeated under its Idempotency-Key. */
const IDEMPOTENCY_MS = 24 * HOUR_MS;
const SERVER_NAMES = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };

/** Starts everything, tells the parent process (if it listens) where it is, and stays up until it is signalled. */
export const run = async (args: readonly string[]): Promise<void> => {
  const initOnly = args.includes('--init-only');
  const config = loadConfigOrExit(
    keys,
    args.filter((arg) => arg !== '--init-only'),
  );
  const logger = createLogger({ level: config.logLevel, format: config.logFormat });
  const health = new Health();
  const shutdown = new Shutdown({ logger, timeoutMs: config.shutdownTimeout, health });
  try {
    const ready = await start({ config, logger, health, shutdown, initOnly });
    process.send?.({ type: 'ready', ...ready });
    if (initOnly) {
      await shutdown.close('initialised');
      process.exit(0);
    }
  } catch (error) {
    logger.fatal({ err: error }, 'could not start');
    process.send?.({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    await shutdown.close('failed to start');
    process.exit(1);
  }
  await runUntilSignalled(shutdown);
};

interface Start {
  readonly config: ReturnType<typeof loadConfigOrExit<(typeof keys)['sections']>>;
  readonly logger: ReturnType<typeof createLogger>;
  readonly health: Health;
  readonly shutdown: Shutdown;
  readonly initOnly: boolean;
}

const start = async ({ config, logger, health, shutdown, initOnly }: Start) => {
  const clock = new SystemClock();
  const data = await DataDirectory.open(config.data);
  const { resources, database } = await openResources(config, data, logger, shutdown);
  const { issuers, settings } = resources;

  const metrics = new Metrics();
  const module = StandaloneModule.with({ config, logger, clock, health, metrics }, resources);
  const rest = await createRestApplication(module, {
    logger,
    metrics,
    https: { key: '', cert: '' },
    bodyLimit: config.requestBodyLimit,
    bodyLimits: { 'POST /v1/certificates:batch': config.batchBodyLimit },
    maxConnections: config.maxConnections,
  });
  shutdown.register('rest', () => rest.close());
  await rest.app.init();

  const commands = rest.app.get(CommandBus);
  const firstStart = await establishTrustDomain(config, commands, issuers, clock.now());
  await data.write('root.crt', derChainToPem(issuers.meshAnchors()), 0o644);
  await data.write('system-root.crt', derChainToPem(issuers.systemAnchors()), 0o644);

  const credentials = new LocalCredentials(data, commands);
  const operator = await registerFirstOperator(commands, settings.trustDomain);
  const ensureOperator = {
    name: 'operator',
    csr: { uris: [operator] },
    request: { profile: 'operator', identity: operator },
  } as const;
  const ensureServer = { name: 'server', csr: SERVER_NAMES, request: { profile: 'server' } } as const;
  const renewCredentials = async (): Promise<void> => {
    await credentials.ensure(ensureOperator, clock.now());
    const { key, cert, renewed } = await credentials.ensure(ensureServer, clock.now());
    rest.setSecureContext({ key, cert, ca: callersAnchors(issuers) });
    if (renewed) logger.info('the REST API has a new certificate');
  };
  await renewCredentials();
  const report = {
    trustDomain: settings.trustDomain,
    dataDirectory: data.path,
    firstStart,
    databaseUrl: database,
    issuers: summary(issuers),
  };
  if (initOnly) return report;

  const upkeep = every(
    HOUR_MS,
    async () => {
      await renewCredentials();
      await resources.ledger.pruneIdempotency(new Date(clock.now().getTime() - IDEMPOTENCY_MS));
    },
    { onError: (err) => logger.error({ err }, 'upkeep failed') },
  );
  shutdown.register('upkeep', () => upkeep.stop());
  return { ...report, ...(await listen(rest, config, shutdown)), publicUrl: settings.publicUrl };
};

const listen = async (rest: RestApplication, config: Start['config'], shutdown: Shutdown) => {
  const publicServer = rest.app.get(PublicServer);
  const { port: publicPort } = await publicServer.start({ host: config.publicHost, port: config.publicPort });
  shutdown.register('public', () => publicServer.close());
  const { url: restUrl } = await rest.listen({ host: config.httpsHost, port: config.httpsPort });
  return { restUrl, publicPort };
};

const summary = (issuers: IssuerDirectory) => issuers.all().map(({ issuerId, purpose }) => ({ issuerId, purpose }));

/** Operators, agents and services alone get in: the mesh's own anchors are not among these. */
const callersAnchors = (issuers: IssuerDirectory): string[] => [derChainToPem(issuers.systemAnchors())];
