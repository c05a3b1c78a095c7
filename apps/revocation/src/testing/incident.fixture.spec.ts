import { createHash } from 'node:crypto';
import {
  type Base64,
  type CertificateIssued,
  certificateStream,
  type IncidentId,
  incidentStream,
  type KeyHash,
  type NodeName,
  type Serial,
  type SpiffeId,
  timestamp,
  type Timestamp,
} from '@cartulary/domain';
import type { IncidentRequest } from '@cartulary/contracts';
import { PostgresLedger, ProjectionDatabase } from '@cartulary/ledger';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { TestDomain } from '@cartulary/service/testing';
import { InMemoryConsumerStore, InMemoryTransport } from '@cartulary/transport/testing';
import { newSerial } from '@cartulary/x509';
import { IncidentContainment } from '../contain-incident/incident-containment.js';
import { IncidentWatch } from '../contain-incident/incident-watch.js';
import { DeclareIncidentCommand } from '../declare-incident/command.js';
import { DeclareIncidentHandler } from '../declare-incident/handler.js';
import { IncidentSelectorSettler } from '../declare-incident/settle-selector.js';
import { IncidentHits } from '../enumerate-incident/hits.js';
import { IncidentPreviews } from '../enumerate-incident/preview.js';
import { IncidentProjection } from '../enumerate-incident/projection.js';
import { incidentView } from '../show-incidents/view.js';
import { callerOf, contextOf, until } from './revocation.fixture.spec.js';

export interface Issuance {
  readonly identity?: SpiffeId;
  readonly keyHash?: KeyHash;
  readonly node?: NodeName;
  readonly credential?: string;
  readonly predecessor?: Serial;
  readonly issuedAt?: Timestamp;
  readonly notAfter?: Timestamp;
  readonly profile?: CertificateIssued['data']['profile'];
}

const PER_APPEND = 1_000;

/** Everything that sees an incident through, on Postgres, with certificates whose bytes nobody looks at. */
export class IncidentWorld {
  readonly #replicas: { watch: IncidentWatch; transport: InMemoryTransport }[] = [];
  /** Of what the projection has to know. */
  #newest = 0;
  readonly store = new InMemoryConsumerStore();
  readonly projection: IncidentProjection;
  readonly hits: IncidentHits;
  readonly previews: IncidentPreviews;
  readonly declaring: DeclareIncidentHandler;

  private constructor(
    private readonly database: TestDatabase,
    readonly domain: TestDomain<PostgresLedger>,
    readonly projections: ProjectionDatabase,
  ) {
    const { ledger, issuers, settings, clock } = domain;
    this.projection = new IncidentProjection(projections);
    this.hits = new IncidentHits(projections);
    this.previews = new IncidentPreviews(projections, clock);
    const selectors = new IncidentSelectorSettler(ledger, issuers, settings);
    this.declaring = new DeclareIncidentHandler(selectors, this.previews, ledger, clock);
  }

  static async create(): Promise<IncidentWorld> {
    const database = await createTestDatabase();
    const ledger = new PostgresLedger({ url: database.serviceUrl, pollInterval: 50 });
    const domain = await TestDomain.create({ ledger });
    return new IncidentWorld(database, domain, new ProjectionDatabase(database.serviceUrl));
  }

  /** A replica that sees incidents through. */
  start(): void {
    const transport = new InMemoryTransport(this.domain.ledger, { store: this.store });
    const watch = new IncidentWatch(this.domain.ledger, transport, this.projection, this.containment());
    watch.onApplicationBootstrap();
    this.#replicas.push({ watch, transport });
  }

  containment(hits: IncidentHits = this.hits): IncidentContainment {
    return new IncidentContainment(this.domain.ledger, hits, this.domain.settings, this.domain.clock);
  }

  async stop(): Promise<void> {
    for (const { watch, transport } of this.#replicas.splice(0)) {
      await watch.onApplicationShutdown();
      await transport.close();
    }
  }

  async dispose(): Promise<void> {
    await this.stop();
    await this.domain.ledger.close();
    await this.projections.close();
    await this.database.drop();
  }

  async issue(issuances: readonly Issuance[]): Promise<Serial[]> {
    const certificates = issuances.map((issuance) => this.#issued(issuance));
    for (const [recordedAt, together] of Map.groupBy(certificates, (one) => one.recordedAt)) {
      for (let from = 0; from < together.length; from += PER_APPEND) {
        const some = together.slice(from, from + PER_APPEND);
        const streams = some.map(({ data }) => certificateStream(data.serial));
        const { events } = await this.domain.ledger.append({
          expectations: streams.map((stream) => ({ stream, version: 0 })),
          events: some.map(({ data }, index) => ({ stream: streams[index]!, type: 'CertificateIssued', data })),
          actor: { id: 'system:test', credential: 'system' },
          correlationId: 'test',
          recordedAt,
        });
        this.#newest = events.at(-1)!.position;
      }
    }
    return certificates.map(({ data }) => data.serial);
  }

  #issued({ credential = 'token:abcdef012345', node, issuedAt, notAfter, ...more }: Issuance) {
    const now = this.domain.clock.now();
    const serial = newSerial() as Serial;
    const recordedAt = issuedAt ?? timestamp(now);
    const data: CertificateIssued['data'] = {
      ...{ serial, issuerId: this.domain.issuer('workload').issuerId, profile: 'workload' },
      ...{ identity: 'spiffe://cluster.local/ns/shop/sa/cart' as SpiffeId },
      ...{ keyHash: createHash('sha256').update(serial).digest('hex') as KeyHash, keyAlgorithm: 'ecdsa-p256' },
      ...{ certificate: 'MAA=' as Base64, notBefore: timestamp(now) },
      notAfter: notAfter ?? timestamp(new Date(now.getTime() + 3_600_000)),
      ...more,
      evidence: { csrHash: 'cc', policyVersion: '1', requester: 'test', credential, ...(node ? { node } : {}) },
    };
    return { data, recordedAt };
  }

  async declare(request: Partial<IncidentRequest> & Pick<IncidentRequest, 'selector'>, caller = callerOf('admin')) {
    const whole = { reason: 'keyCompromise', ...request } as const;
    const declaration = await this.declaring.execute(new DeclareIncidentCommand(whole, contextOf(caller)));
    // GateClosed stands before IncidentDeclared.
    if (declaration.incident) this.#newest = declaration.incident.position - 1;
    return declaration;
  }

  async show(incidentId: string) {
    return incidentView((await this.domain.ledger.readStream(incidentStream(incidentId as IncidentId))).events);
  }

  /** Declares, and waits for the end. */
  async contained(request: Parameters<IncidentWorld['declare']>[0], patience = 60_000) {
    const { incident } = await this.declare(request);
    const isContained = async () => (await this.show(incident!.incidentId)).status === 'contained';
    await until(isContained, 'the containment', patience);
    return this.show(incident!.incidentId);
  }

  /** How often each of them was revoked. */
  async revocations(serials: readonly Serial[]): Promise<number[]> {
    const histories = await this.domain.ledger.readStreams(serials.map(certificateStream));
    return [...histories.values()].map(
      ({ events }) => events.filter(({ type }) => type === 'CertificateRevoked').length,
    );
  }

  /** Until the projection knows all that was issued, and of every gate. */
  async caughtUp(patience = 60_000, position = this.#newest): Promise<void> {
    const known = async () => {
      const [row] = await this.projections.query<{ position: number }>(
        'SELECT position::float8 FROM projections.revocation_position',
      );
      return row!.position >= position;
    };
    await until(known, 'the projection', patience);
  }
}
