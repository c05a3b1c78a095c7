import { CommandBus } from '@nestjs/cqrs';
import { PublicServer } from '@cartulary/responder';
import { every, Metrics, type RestApplication } from '@cartulary/runtime';
import {
  DataDirectory,
  forgetIdempotencyKeys,
  grpcCallersAnchors,
  GrpcServer,
  type IssuerDirectory,
  listenGrpc,
  openRest,
  type Process,
  runProcess,
  type Started,
  watchDeadLetters,
} from '@cartulary/service';
import { derChainToPem } from '@cartulary/x509';
import { registerFirstOperator } from './establish/first-operator.js';
import { LocalCredentials } from './establish/local-credentials.js';
import { passPositions, positionOf } from './establish/pass-positions.js';
import { enrolServices, serviceNames } from './establish/service-credentials.js';
import { establishTrustDomain } from './establish/trust-domain.js';
import { openResources } from './open-resources.js';
import { standaloneModule } from './standalone.module.js';

const HOUR_MS = 3_600_000;
const SERVER_NAMES = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };

/** Starts everything, tells the parent process (if it listens) where it is, and stays up until it is signalled. */
export const run = (args: readonly string[]): Promise<void> => {
  const { others, ...own } = ownFlags(args);
  return runProcess(others, (process) => start(process, own));
};

interface OwnFlags {
  readonly initOnly: boolean;
  readonly services: string;
  readonly beyond?: string | undefined;
}

/** `--init-only`, `--services a,b` and `--beyond n` are of this call, not of the configuration. */
const ownFlags = (args: readonly string[]): OwnFlags & { readonly others: readonly string[] } => {
  const others = [...args];
  const initOnly = take(others, '--init-only', 1).length > 0;
  const [, services = ''] = take(others, '--services', 2);
  const [, beyond] = take(others, '--beyond', 2);
  return { initOnly, services, beyond, others };
};

const take = (args: string[], flag: string, length: number): string[] => {
  const at = args.indexOf(flag);
  return at === -1 ? [] : args.splice(at, length);
};

const start = async (process: Process, { initOnly, services, beyond }: OwnFlags): Promise<Started> => {
  const { config, logger, clock, health, shutdown } = process;
  const names = services === '' ? [] : serviceNames(services);
  const data = await DataDirectory.open(config.data);
  const { resources, database, startRelay } = await openResources(process, data);
  const { issuers, settings } = resources;
  // Before anything else is appended: that would be at positions that the world knows already.
  const passed = beyond === undefined ? 0 : await passPositions(resources.ledger, positionOf(beyond), clock.now());
  if (passed > 0) logger.warn({ passed, beyond }, 'positions of before the restore are passed');

  const metrics = new Metrics();
  const module = standaloneModule({ config, logger, clock, health, metrics }, resources);
  const rest = await openRest(module, process, metrics);
  await rest.app.init();

  const commands = rest.app.get(CommandBus);
  const firstStart = await establishTrustDomain(config, commands, issuers, clock.now());
  const writeAnchors = anchorsWriter(data, issuers);
  await writeAnchors();

  const credentials = new LocalCredentials(data, commands, issuers);
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
    rest.app.get(GrpcServer).setSecureContext({ key, cert, ca: grpcCallersAnchors(issuers) });
    if (renewed) logger.info('the REST API has a new certificate');
  };
  await renewCredentials();
  await enrolServices(names, config, commands, credentials, clock.now());
  const report = {
    trustDomain: settings.trustDomain,
    dataDirectory: data.path,
    firstStart,
    databaseUrl: database,
    passed,
    issuers: summary(issuers),
  };
  if (initOnly) return { ready: report, done: true };

  health.register('ledger', async () => `at position ${(await resources.ledger.head()).position}`);
  startRelay(metrics);
  watchDeadLetters(resources.transport, { metrics, shutdown, logger });
  const upkeep = every(
    Math.min(HOUR_MS, (settings.lifetimes.server.default * 1_000) / 6),
    async () => {
      await writeAnchors();
      await renewCredentials();
      await forgetIdempotencyKeys(resources.ledger, clock.now());
    },
    { onError: (err) => logger.error({ err }, 'upkeep failed') },
  );
  // A new root is in the files at once. What went with an issuer that was cut off is replaced when another issues.
  const unlisten = issuers.onChange(() => upkeep.wake());
  shutdown.register('upkeep', () => {
    unlisten();
    return upkeep.stop();
  });
  const listening = await listen(rest, process);
  return { ready: { ...report, ...listening, publicUrl: settings.publicUrl } };
};

const listen = async (rest: RestApplication, process: Process) => {
  const { config, shutdown } = process;
  const publicServer = rest.app.get(PublicServer);
  const { port: publicPort } = await publicServer.start({ host: config.publicHost, port: config.publicPort });
  shutdown.register('public', () => publicServer.close());
  const { url: restUrl } = await rest.listen({ host: config.httpsHost, port: config.httpsPort });
  const grpcPort = await listenGrpc(rest.app, process);
  return { restUrl, publicPort, ...(grpcPort === undefined ? {} : { grpcPort }) };
};

/** The trust bundles as files; each is written where it differs from what was written last. */
const anchorsWriter = (data: DataDirectory, issuers: IssuerDirectory) => {
  const written = new Map<string, string>();
  const write = async (name: string, pem: string): Promise<void> => {
    if (written.get(name) === pem) return;
    await data.write(name, pem, 0o644);
    written.set(name, pem);
  };
  return async (): Promise<void> => {
    await write('root.crt', derChainToPem(issuers.meshAnchors()));
    await write('system-root.crt', derChainToPem(issuers.systemAnchors()));
  };
};

const summary = (issuers: IssuerDirectory) => issuers.all().map(({ issuerId, purpose }) => ({ issuerId, purpose }));

/** Operators, agents and services alone get in: the mesh's own anchors are not among these. */
const callersAnchors = (issuers: IssuerDirectory): string[] => [derChainToPem(issuers.systemAnchors())];
