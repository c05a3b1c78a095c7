import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttestResponse, AgentCertificate } from '@cartulary/contracts';
import type { TestDatabase } from '@cartulary/ledger/testing';
import { freePorts, StandaloneProcess } from '@cartulary/testing';
import { firstOperator, keyPem, makeRequest, restOf } from '../enrol.js';
import { GrpcClient, type Shown } from './clients.js';
import { ClusterIssuer } from './cluster-issuer.js';
import { serverCertificate } from './server-certificate.js';

export const cart = 'spiffe://cluster.local/ns/shop/sa/cart';

/** A standalone service with gRPC, and a cluster whose service accounts it accepts. */
export class GrpcWorld {
  readonly #clients: GrpcClient[] = [];

  private constructor(
    readonly service: StandaloneProcess,
    readonly cluster: ClusterIssuer,
    readonly port: number,
    private readonly directory: string,
  ) {}

  static async start(database: TestDatabase, env: Readonly<Record<string, string>> = {}): Promise<GrpcWorld> {
    const tls = await serverCertificate();
    const cluster = await ClusterIssuer.start(tls);
    const directory = mkdtempSync(join(tmpdir(), 'cartulary-grpc-'));
    writeFileSync(join(directory, 'cluster-ca.crt'), tls.root);
    const [port] = (await freePorts(1)) as [number];
    const service = await StandaloneProcess.start({
      databaseUrl: database.ownerUrl,
      env: {
        CARTULARY_GRPC_PORT: String(port),
        CARTULARY_KUBERNETES_ISSUER: cluster.url,
        CARTULARY_KUBERNETES_CA_FILE: join(directory, 'cluster-ca.crt'),
        CARTULARY_KUBERNETES_NODE_ACCOUNTS: 'istio-system/ztunnel',
        ...env,
      },
    });
    return new GrpcWorld(service, cluster, port, directory);
  }

  get root(): string {
    return this.service.read('root.crt');
  }

  get admin(): ReturnType<typeof restOf> {
    return restOf(this.service, firstOperator(this.service));
  }

  client(shown?: Shown): GrpcClient {
    const client = new GrpcClient(this.port, this.root, shown);
    this.#clients.push(client);
    return client;
  }

  async joinToken(node: string, ttl?: string): Promise<string> {
    const body = { node, ...(ttl === undefined ? {} : { ttl }) };
    return (await this.admin.post('/v1/join-tokens', body).expect(201)).body.token as string;
  }

  /** A node's agent, joined. */
  async agent(node: string): Promise<{ client: GrpcClient; shown: Shown; joined: AttestResponse }> {
    const { csr, key } = await makeRequest();
    const joined = await this.client().attest(await this.joinToken(node), csr);
    const shown = shownBy(joined.certificate, keyPem(key));
    return { client: this.client(shown), shown, joined };
  }

  async place(identity: string, node: string, selectors: readonly object[] = [{ uid: 1000 }]): Promise<void> {
    const path = `/v1/identities/${encodeURIComponent(identity)}`;
    await this.admin.post('/v1/identities', { id: identity });
    await this.admin.post(`${path}/placements`, { node, selectors }).expect(201);
  }

  /** Every event so far. */
  async events(): Promise<{ type: string; data: Record<string, never>; position: number }[]> {
    const { body } = await this.admin.get('/v1/ledger/events?limit=1000').expect(200);
    return body.events;
  }

  async dispose(): Promise<void> {
    this.#clients.forEach((client) => client.close());
    await this.cluster.close();
    await this.service.dispose();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const shownBy = ({ chain }: AgentCertificate, key: string): Shown => ({ key, cert: chain.join('') });
