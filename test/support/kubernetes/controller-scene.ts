import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CartularyClient } from '@cartulary/client';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { freePorts, ServiceProcess, StandaloneProcess } from '@cartulary/testing';
import { controllerRights } from './controller-rights.js';
import { TestKubernetes } from './start-kubernetes.js';

export interface SceneOptions {
  /** Of the standalone service. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the API server has them: a beta kind that has to be switched on. */
  readonly clusterTrustBundles?: boolean;
}

/** A cluster, a Cartulary, and controllers between them: each a process, with rights of its own on either side. */
export class ControllerScene {
  readonly #controllers: ServiceProcess[] = [];
  readonly operator: CartularyClient;

  private constructor(
    readonly kubernetes: TestKubernetes,
    readonly cartulary: StandaloneProcess,
    private readonly database: TestDatabase,
    private readonly directory: string,
  ) {
    this.operator = new CartularyClient({
      baseUrl: cartulary.restUrl,
      tls: {
        ca: cartulary.read('root.crt'),
        key: cartulary.read('operator.key'),
        cert: cartulary.read('operator.crt'),
      },
    });
  }

  static async start({ env = {}, clusterTrustBundles = false }: SceneOptions = {}): Promise<ControllerScene> {
    const directory = mkdtempSync(join(tmpdir(), 'cartulary-scene-'));
    const [kubernetes, database] = await Promise.all([
      TestKubernetes.start(['controller', 'nobody'], clusterTrustBundles),
      createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!),
    ]);
    const [httpsPort, publicPort] = (await freePorts(2)) as [number, number];
    const ca = join(directory, 'ca');
    mkdirSync(ca);
    const initEnv = {
      CARTULARY_DATABASE_URL: database.ownerUrl,
      CARTULARY_PUBLIC_URL: `http://127.0.0.1:${publicPort}`,
      ...env,
    };
    await ServiceProcess.init(ca, ['controller'], initEnv);
    const cartulary = await StandaloneProcess.start({
      ...{ databaseUrl: database.ownerUrl, dataDirectory: ca, httpsPort, publicPort, env },
    });
    await kubernetes.admin.make('/api/v1/namespaces', { metadata: { name: 'istio-ca-ns' } });
    for (const [path, body] of controllerRights('controller', 'istio-ca-ns')) {
      await kubernetes.admin.make(path, body);
    }
    return new ControllerScene(kubernetes, cartulary, database, directory);
  }

  /** Another replica; resolves once it serves, not once it has done anything. */
  async controller(label = 'controller', env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const dataDirectory = join(this.directory, label);
    mkdirSync(join(dataDirectory, 'services'), { recursive: true });
    const services = join(this.directory, 'ca', 'services');
    for (const file of readdirSync(services)) {
      if (file.startsWith('controller')) cpSync(join(services, file), join(dataDirectory, 'services', file));
    }
    cpSync(join(this.directory, 'ca', 'root.crt'), join(dataDirectory, 'root.crt'));
    const controller = await ServiceProcess.start({
      ...{ service: 'controller', label, dataDirectory },
      env: {
        CARTULARY_ISSUANCE_URL: this.cartulary.restUrl,
        CARTULARY_KUBECONFIG: this.kubernetes.kubeconfig('controller', 'istio-ca-ns'),
        CARTULARY_KUBERNETES_LEASE_DURATION: '4s',
        CARTULARY_HTTPS_PORT: '0',
        CARTULARY_PUBLIC_URL: this.cartulary.publicUrl,
        ...env,
      },
    });
    this.#controllers.push(controller);
    return controller;
  }

  /** A namespace, where it is new, and a service account in it; its UID. */
  async account(namespace: string, name: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const { admin } = this.kubernetes;
    const made = await admin.post('/api/v1/namespaces', { metadata: { name: namespace } });
    if (made.status !== 201 && made.status !== 409) throw new Error(made.body.message);
    const body = { metadata: { name, labels } };
    const { metadata } = await admin.make(`/api/v1/namespaces/${namespace}/serviceaccounts`, body);
    return metadata?.uid ?? '';
  }

  /** Calls Cartulary with the controller's own certificate; whoever asks closes it. */
  asController(): CartularyClient {
    const { cartulary } = this;
    const [key, cert] = ['key', 'crt'].map((suffix) => cartulary.read(`services/controller.${suffix}`));
    return new CartularyClient({
      ...{ baseUrl: cartulary.restUrl, retries: 0 },
      tls: { ca: cartulary.read('root.crt'), key: key!, cert: cert! },
    });
  }

  /** As the first operator sees them: Prometheus' text. */
  async metricsOf({ restUrl }: ServiceProcess): Promise<string> {
    const tls = {
      ca: this.cartulary.read('root.crt'),
      key: this.cartulary.read('operator.key'),
      cert: this.cartulary.read('operator.crt'),
    };
    const client = new CartularyClient({ baseUrl: restUrl, tls });
    try {
      return String(await client.getMetrics());
    } finally {
      await client.close();
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => controller.stop()));
    await this.operator.close();
    await this.cartulary.dispose();
    await this.kubernetes.stop();
    await this.database.drop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
