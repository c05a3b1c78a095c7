import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { PublicClient } from '@cartulary/client';
import { every, Metrics } from '@cartulary/runtime';
import {
  CertificateFiles,
  DataDirectory,
  IssuanceClient,
  IssuanceSource,
  openRest,
  OwnCertificates,
  type Process,
  requiredKey,
  serverNamesOf,
  type Started,
} from '@cartulary/service';
import { derChainToPem } from '@cartulary/x509';
import { Certificates } from './certificates/certificates.js';
import { ControllerApplicationModule } from './controller-application.module.js';
import { Controller } from './controller.js';
import { ClusterAccess } from './kubernetes/access.js';
import { KubernetesApi } from './kubernetes/api.js';
import { LeaderElection } from './lead/leader-election.js';
import { optionsOf } from './options.js';
import { TrustAnchors } from './trust/trust-anchors.js';

const LOOK_MS = 2_000;

/** The controller as a process: it has neither the ledger nor the transport, and talks to both sides by their APIs. */
export const start = async (process: Process): Promise<Started> => {
  const { config, logger, clock, health, shutdown } = process;
  const { serviceName: name = 'controller', trustDomain } = config;
  const data = await DataDirectory.open(config.data);
  const issuanceUrls = requiredKey('CARTULARY_ISSUANCE_URL', config.issuanceUrl);
  const options = optionsOf(config);
  const metrics = new Metrics();
  const identity = `spiffe://${trustDomain}/cartulary/service/${name}`;
  const anchors = new TrustAnchors(data);
  await anchors.load();
  const own = new OwnCertificates({
    ...{ name, identity, clock, logger, files: new CertificateFiles(data) },
    names: serverNamesOf(config.serverNames, name),
    skew: config.clockSkew,
  });
  await own.load();
  own.get('service');

  const clientOf = (urls: readonly string[]): IssuanceClient => {
    const client = new IssuanceClient(urls, own, anchors);
    shutdown.register('client', () => client.close());
    return client;
  };
  const issuance = clientOf(issuanceUrls);
  const revocation = config.revocationUrl ? clientOf(config.revocationUrl) : issuance;
  const inventory = config.inventoryUrl ? clientOf(config.inventoryUrl) : issuance;

  const access = ClusterAccess.open(config.kubeconfig);
  shutdown.register('kubernetes', () => access.close());
  const calls = metrics.counter('controller_kubernetes_calls_total', {
    help: 'Requests to the API server',
    labels: ['verb', 'kind'],
  });
  const api = new KubernetesApi(access, calls);
  const rest = await openRest(
    ControllerApplicationModule.with({ config, logger, clock, health, metrics }),
    process,
    metrics,
  );
  await rest.app.init();
  const secure = (): void => {
    const { key, cert } = own.get('server');
    rest.setSecureContext({ key, cert, ca: [derChainToPem(anchors.systemAnchors())] });
  };
  secure();
  const source = new IssuanceSource(issuance);
  const renew = async (): Promise<void> => {
    if (await own.renew(source)) secure();
  };
  const upkeep = every(LOOK_MS, renew, {
    onError: (err) => logger.error({ err }, 'no certificate of our own'),
    immediately: true,
  });
  shutdown.register('upkeep', () => upkeep.stop());
  health.register('own-certificates', () => own.check());

  const publicSide = new PublicClient({ baseUrl: config.publicUrl });
  shutdown.register('public side', () => publicSide.close());
  const controller = new Controller({
    ...{ api, anchors, inventory, publicSide, options, clock, logger, metrics, health, requester: identity },
    certificates: new Certificates(issuance, revocation, inventory),
    election: new LeaderElection({
      ...{ api, clock, logger, lease: options.lease, duration: options.leaseDuration },
      namespace: config.kubernetesLeaseNamespace ?? access.namespace,
      holder: `${hostname()}_${randomBytes(6).toString('hex')}`,
    }),
    onAnchors: secure,
  });
  // Registered last, so that it ends first: while it releases the lease everything else is still open.
  shutdown.register('controller', () => controller.stop());
  controller.start((error) => {
    throw error;
  });
  const { url: restUrl } = await rest.listen({ host: config.httpsHost, port: config.httpsPort });
  logger.info({ service: name, restUrl, kubernetes: access.server }, 'serving');
  return { ready: { service: 'controller', name, restUrl, trustDomain, dataDirectory: data.path } };
};
