import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CartularyClient } from '@cartulary/client';
import { freePorts } from '../free-port.js';
import { type ServiceName, ServiceProcess } from '../service-process.js';

export type Replica = readonly [service: ServiceName, name: string];

const usual: readonly Replica[] = [
  ['issuance', 'issuance'],
  ['issuance', 'issuance'],
  ['revocation', 'revocation'],
  ['revocation', 'revocation'],
  ['rotation', 'rotation'],
  ['responder', 'responder-a'],
  ['responder', 'responder-b'],
  ['inventory', 'inventory'],
];
/** Issuance needs no certificate to start with: it issues its own. */
const isEnrolled = ([service]: Replica): boolean => service !== 'issuance';
/** What holds no CA key has a directory of its own, with its own certificates alone. */
const isApart = ([service]: Replica): boolean => service === 'responder' || service === 'inventory';

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
  /** Instead of the usual eight. */
  readonly replicas?: readonly Replica[];
  /** Besides them. */
  readonly more?: readonly Replica[];
  /** Those that `add` may start later. */
  readonly later?: readonly Replica[];
}

export interface Member {
  readonly index: number;
  readonly service: ServiceName;
  /** For people: the name and the index. */
  readonly label: string;
  readonly process: ServiceProcess;
}

/** Every service as processes of their own, two of each that answers in a hurry, on one Postgres. */
export class Cluster {
  readonly #clients = new Map<string, CartularyClient>();
  readonly #members: Member[] = [];
  #started = 0;

  private constructor(
    readonly directory: string,
    private readonly temporary: boolean,
    private readonly env: Readonly<Record<string, string>>,
    /** Two for each replica: REST, public. */
    private readonly ports: readonly number[],
  ) {}

  static async start(options: ClusterOptions): Promise<Cluster> {
    const { databaseUrl, databaseOwnerUrl, env = {}, initEnv = {}, more = [], later = [] } = options;
    const replicas = [...(options.replicas ?? usual), ...more];
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'cartulary-cluster-'));
    const ports = await freePorts((replicas.length + later.length) * 2);
    const firstResponder = replicas.findIndex(([service]) => service === 'responder');
    const issuers = replicas.flatMap(([service], index) => (service === 'issuance' ? [index] : []));
    const common = {
      CARTULARY_DATABASE_URL: databaseUrl,
      CARTULARY_PUBLIC_URL: `http://127.0.0.1:${ports[2 * firstResponder + 1]}`,
      CARTULARY_ISSUANCE_URL: issuers.map((index) => `https://127.0.0.1:${ports[2 * index]}`).join(','),
      ...env,
    };
    const ca = join(directory, 'ca');
    mkdirSync(ca, { recursive: true });
    const all = [...replicas, ...later];
    const enrolled = [...new Set(all.filter(isEnrolled).map(([, name]) => name))];
    await ServiceProcess.init(ca, enrolled, { ...common, CARTULARY_DATABASE_OWNER_URL: databaseOwnerUrl, ...initEnv });
    for (const [, name] of all.filter(isApart)) handOver(ca, join(directory, name), name);

    const cluster = new Cluster(directory, options.directory === undefined, common, ports);
    const outcomes = await Promise.allSettled(replicas.map((replica) => cluster.add(...replica)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (!failed) return cluster;
    await cluster.dispose();
    throw failed.reason;
  }

  /** Starts one more replica; its name was among those that the start knew. */
  async add(...replica: Replica): Promise<Member> {
    const [service, name] = replica;
    const index = this.#started++;
    const dataDirectory = isApart(replica) ? join(this.directory, name) : this.caDirectory;
    const own = {
      CARTULARY_SERVICE_NAME: name,
      CARTULARY_HTTPS_PORT: String(this.ports[2 * index]),
      CARTULARY_PUBLIC_PORT: String(this.ports[2 * index + 1]),
    };
    const label = `${name}-${index}`;
    const process = await ServiceProcess.start({ service, label, dataDirectory, env: { ...this.env, ...own } });
    const member = { index, service, label, process };
    this.#members.push(member);
    this.#members.sort((a, b) => a.index - b.index);
    return member;
  }

  /** In the order in which they were named. */
  get members(): readonly Member[] {
    return this.#members;
  }

  of(service: ServiceName): readonly ServiceProcess[] {
    return this.#members.filter((member) => member.service === service).map(({ process }) => process);
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
    await Promise.all(this.#members.map(({ process }) => process.stop()));
    if (this.temporary) rmSync(this.directory, { recursive: true, force: true });
  }
}

const handOver = (from: string, to: string, name: string): void => {
  mkdirSync(join(to, 'services'), { recursive: true });
  const files = readdirSync(join(from, 'services')).filter((file) => file.startsWith(name));
  for (const file of files) cpSync(join(from, 'services', file), join(to, 'services', file));
};
