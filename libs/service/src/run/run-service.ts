import { every, Metrics, type RestApplication } from '@cartulary/runtime';
import { derChainToPem } from '@cartulary/x509';
import type { IssuerDirectory } from '../issuer-directory.js';
import { GrpcServer } from '../grpc/grpc-server.js';
import { grpcCallersAnchors, listenGrpc } from '../grpc/listen-grpc.js';
import { CertificateFiles } from './certificate-files.js';
import { DataDirectory } from './data-directory.js';
import type { ServiceDefinition } from './definition.js';
import { forgetIdempotencyKeys } from './forget-idempotency-keys.js';
import { IssuanceClient, IssuanceSource } from './issuance-client.js';
import { openRest } from './open-rest.js';
import { openService, requiredKey } from './open-service.js';
import { OwnCertificates } from './own-certificates.js';
import { type Process, runProcess, type Started } from './run-process.js';
import { serverNamesOf } from './server-names.js';
import { ServiceApplicationModule } from './service-application.module.js';
import { watchDeadLetters } from './watch.js';

const LOOK_MS = 2_000;
const HOUR_MS = 3_600_000;

/** A service as a process of its own, beside others on the same ledger. */
export const runService = (definition: ServiceDefinition, args: readonly string[]): Promise<void> =>
  runProcess(args, (process) => start(definition, process), definition.name);

const start = async (definition: ServiceDefinition, process: Process): Promise<Started> => {
  const { config, logger, clock, health, shutdown } = process;
  const { serviceName: name = definition.name, trustDomain } = config;
  const data = await DataDirectory.open(config.data);
  // Asked for before anything is opened: what is missing in the configuration is said at once.
  const urls = definition.certificates ? [] : requiredKey('CARTULARY_ISSUANCE_URL', config.issuanceUrl);
  const metrics = new Metrics();
  const resources = await openService(process, data, definition.needs, metrics);
  const { issuers, ledger } = resources;

  const own = new OwnCertificates({
    files: new CertificateFiles(data),
    name,
    identity: `spiffe://${trustDomain}/cartulary/service/${name}`,
    names: serverNamesOf(config.serverNames, name),
    skew: config.clockSkew,
    clock,
    logger,
  });
  await own.load();
  const issuance = new IssuanceClient(urls, own, issuers);
  shutdown.register('issuance client', () => issuance.close());

  const module = ServiceApplicationModule.with({ config, logger, clock, health, metrics }, resources, [
    definition.module(issuance, { data, config }),
  ]);
  const rest = await openRest(module, process, metrics);
  const source = definition.certificates?.(rest.app) ?? new IssuanceSource(issuance);
  // Who can't get a first certificate must have one before anything of it runs.
  if (!source.first) own.get('service');
  await rest.app.init();
  await own.renew(source);
  health.register('own-certificates', () => own.check());
  const secure = secureContext(rest, own, issuers, ledger !== undefined);
  secure();
  // Whoever comes with a certificate below a new system root is let in soon after that is there.
  let changed = false;
  const unlisten = issuers.onChange(() => (changed = true));
  shutdown.register('anchors', () => void unlisten());
  const renew = async (): Promise<void> => {
    if (!(await own.renew(source)) && !changed) return;
    changed = false;
    secure();
  };
  const upkeep = every(LOOK_MS, renew, {
    onError: (err) => logger.error({ err }, 'no certificate of our own'),
  });
  shutdown.register('upkeep', () => upkeep.stop());
  if (ledger) {
    health.register('ledger', async () => `at position ${(await ledger.head()).position}`);
    const pruning = every(HOUR_MS, async () => void (await forgetIdempotencyKeys(ledger, clock.now())), {
      onError: (err) => logger.warn({ err }, 'idempotency keys were not forgotten'),
    });
    shutdown.register('pruning', () => pruning.stop());
    watchDeadLetters(resources.transport, { metrics, shutdown, logger });
  }

  const listening = await definition.listen?.(rest.app, config);
  if (listening) shutdown.register('public', () => listening.close());
  const grpcPort = ledger && (await listenGrpc(rest.app, process));
  const { url: restUrl } = await rest.listen({ host: config.httpsHost, port: config.httpsPort });
  logger.info({ service: name, restUrl }, 'serving');
  const where = {
    ...(listening ? { publicPort: listening.port, publicUrl: config.publicUrl } : {}),
    ...(grpcPort === undefined ? {} : { grpcPort }),
  };
  return { ready: { service: definition.name, name, restUrl, ...where, trustDomain, dataDirectory: data.path } };
};

/** Operators, agents and services alone get in: the mesh's own anchors are not among those of callers. */
const secureContext =
  (rest: RestApplication, own: OwnCertificates, issuers: IssuerDirectory, grpc: boolean) => (): void => {
    const { key, cert } = own.get('server');
    rest.setSecureContext({ key, cert, ca: [derChainToPem(issuers.systemAnchors())] });
    if (grpc) rest.app.get(GrpcServer).setSecureContext({ key, cert, ca: grpcCallersAnchors(issuers) });
  };
