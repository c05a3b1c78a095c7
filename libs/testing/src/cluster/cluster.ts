import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CartularyClient } from '@cartulary/client';
import { freePorts } from '../free-port.js';
import { type ServiceName, ServiceProcess } from '../service-process.js';

const replicas: readonly (readonly [service: ServiceName, name: string])[] = [
  ['issuance', 'issuance'],
  ['issuance', 'issuance'],
  ['revocation', 'revocation'],
  ['revocation', 'revocation'],
  ['rotation', 'rotation'],
  ['responder', 'responder-a'],
  ['responder', 'responder-b'],
  ['inventory', 'inventory'],
];
const enrolled = ['revocation', 'rotation', 'responder-a', 'responder-b', 'inventory'];
/** What holds no CA key has a directory of its own, with its own certificates alone. */
const apart = ['responder-a', 'responder-b', 'inventory'];

export interface ClusterOptions {
  /** As the role that may only append and read, of a migrated database. */
  readonly databaseUrl: string;
  readonly databaseOwnerUrl: string;
  /** More of the configuration. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the certificates for the first start alone. */
  readonly initEnv?: Readonly<Record<string, string>>;
  /** For keys, certificates and logs; a temporary one, which `dispose` removes, unless it is named. */
  readonly directory?: string;
}

/** Every service as processes of their own, two of each that answers in a hurry, on one Postgres. */
export class Cluster {
  readonly #clients = new Map<string, CartularyClient>();

  private constructor(
    readonly directory: string,
    private readonly temporary: boolean,
    private readonly processes: readonly (readonly [ServiceName, ServiceProcess])[],
  ) {}

  static async start({
    databaseUrl,
    databaseOwnerUrl,
    env = {},
    initEnv = {},
    ...options
  }: ClusterOptions): Promise<Cluster> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'cartulary-cluster-'));
    const ports = await freePorts(replicas.length * 2);
    const [https, open] = [ports.slice(0, replicas.length), ports.slice(replicas.length)];
    const firstResponder = replicas.findIndex(([service]) => service === 'responder');
    const common = {
      CARTULARY_DATABASE_URL: databaseUrl,
      CARTULARY_PUBLIC_URL: `http://127.0.0.1:${open[firstResponder]}`,
      CARTULARY_ISSUANCE_URL: [0, 1].map((index) => `https://127.0.0.1:${https[index]}`).join(','),
      ...env,
    };
    const ca = join(directory, 'ca');
    mkdirSync(ca, { recursive: true });
    await ServiceProcess.init(ca, enrolled, { ...common, CARTULARY_DATABASE_OWNER_URL: databaseOwnerUrl, ...initEnv });
    for (const name of apart) handOver(ca, join(directory, name), name);

    const starting = replicas.map(async ([service, name], index) => {
      const dataDirectory = apart.includes(name) ? join(directory, name) : ca;
      const own = {
        CARTULARY_SERVICE_NAME: name,
        CARTULARY_HTTPS_PORT: String(https[index]),
        CARTULARY_PUBLIC_PORT: String(open[index]),
      };
      const label = `${name}-${index}`;
      const process = await ServiceProcess.start({ service, label, dataDirectory, env: { ...common, ...own } });
      return [service, process] as const;
    });
    const outcomes = await Promise.allSettled(starting);
    const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const cluster = new Cluster(directory, options.directory === undefined, started);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (!failed) return cluster;
    await cluster.dispose();
    throw failed.reason;
  }

  of(service: ServiceName): readonly ServiceProcess[] {
    return this.processes.filter(([name]) => name === service).map(([, process]) => process);
  }

  /** One replica: the first unless said otherwise. */
  one(service: ServiceName, index = 0): ServiceProcess {
    const process = this.of(service)[index];
    if (!process) throw new Error(`no ${service} ${index}`);
    return process;
  }

  /** Where those with CA keys have their files, and the first operator. */
  get caDirectory(): string {
    return join(this.directory, 'ca');
  }

  /** A file of that directory. */
  read(name: string): string {
    return readFileSync(join(this.caDirectory, name), 'utf8');
  }

  /** Calls one process as the first operator, as one of the services, or as `anybody`, without a certificate. */
  client({ restUrl }: ServiceProcess, as = 'operator'): CartularyClient {
    const id = `${as} ${restUrl}`;
    const client = this.#clients.get(id) ?? this.#connect(restUrl, as);
    this.#clients.set(id, client);
    return client;
  }

  #connect(baseUrl: string, as: string): CartularyClient {
    const file = as === 'operator' ? as : `services/${as}`;
    const own = as === 'anybody' ? {} : { key: this.read(`${file}.key`), cert: this.read(`${file}.crt`) };
    return new CartularyClient({ baseUrl, tls: { ca: this.read('root.crt'), ...own }, retries: 0 });
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
    await Promise.all(this.processes.map(([, process]) => process.stop()));
    if (this.temporary) rmSync(this.directory, { recursive: true, force: true });
  }
}

const handOver = (from: string, to: string, name: string): void => {
  mkdirSync(join(to, 'services'), { recursive: true });
  const files = readdirSync(join(from, 'services')).filter((file) => file.startsWith(name));
  for (const file of files) cpSync(join(from, 'services', file), join(to, 'services', file));
};
