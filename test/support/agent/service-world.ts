import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { freePorts, StandaloneProcess } from '@cartulary/testing';
import type { Entitlement } from '@cartulary/agent/testing';
import { firstOperator, restOf } from '../enrol.js';

/** The real service with gRPC, and its operator, who joins nodes and places identities. */
export class ServiceWorld {
  readonly #placed = new Map<string, Set<string>>();

  private constructor(
    private readonly database: TestDatabase,
    readonly service: StandaloneProcess,
    private readonly grpcPort: number,
  ) {}

  static async start(env: Readonly<Record<string, string>> = {}): Promise<ServiceWorld> {
    const database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
    const [grpcPort] = (await freePorts(1)) as [number];
    const service = await StandaloneProcess.start({
      databaseUrl: database.ownerUrl,
      env: { CARTULARY_GRPC_PORT: String(grpcPort), ...env },
    });
    return new ServiceWorld(database, service, grpcPort);
  }

  get rest(): ReturnType<typeof restOf> {
    return restOf(this.service, firstOperator(this.service));
  }

  get grpcAddress(): string {
    return `localhost:${this.grpcPort}`;
  }

  get caFile(): string {
    return this.service.file('root.crt');
  }

  async joinToken(node: string): Promise<string> {
    return (await this.rest.post('/v1/join-tokens', { node }).expect(201)).body.token as string;
  }

  /** These and no others are on the node. */
  async place(node: string, entitlements: readonly Entitlement[]): Promise<void> {
    const before = this.#placed.get(node) ?? new Set<string>();
    const wanted = new Set(entitlements.map(({ spiffeId }) => spiffeId));
    const path = (id: string): string => `/v1/identities/${encodeURIComponent(id)}/placements`;
    for (const id of before) if (!wanted.has(id)) await this.rest.delete(`${path(id)}/${node}`).expect(200);
    for (const { spiffeId, selectors } of entitlements) {
      await this.rest.post('/v1/identities', { id: spiffeId });
      await this.rest.post(path(spiffeId), { node, selectors }).expect(201);
    }
    this.#placed.set(node, wanted);
  }

  async revoke(serial: string, reason = 'keyCompromise'): Promise<void> {
    await this.rest.post('/v1/revocations', { serial, reason }).expect(201);
  }

  async close(): Promise<void> {
    await this.service.dispose();
    await this.database.drop();
  }
}
