import { createHash } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { CrlMessage, RevocationMessage, TrustBundleMessage } from '@cartulary/contracts';
import {
  type CertificateHeld,
  type CertificateIssued,
  type CertificateReleased,
  type CertificateRevoked,
  certificateStream,
  type IssuerId,
} from '@cartulary/domain';
import { Ledger, type RecordedEvent } from '@cartulary/ledger';
import { Database, IssuerDirectory, type KnownIssuer, protoTime, Settings } from '@cartulary/service';
import { isCanarySerial } from '@cartulary/x509';
import { CrlPublisher } from '../publish-crl/crl-publisher.js';

type StatusEvent = CertificateRevoked | CertificateHeld | CertificateReleased;

const statusOf = {
  CertificateRevoked: 'STATUS_REVOKED',
  CertificateHeld: 'STATUS_HELD',
  CertificateReleased: 'STATUS_RELEASED',
} as const satisfies Record<StatusEvent['type'], RevocationMessage['status']>;

/** CAs that stand in chains of the mesh; our own doors' are nobody else's business. */
const roles: Partial<Record<KnownIssuer['purpose'], CrlMessage['role']>> = {
  root: 'ROLE_PARENT',
  intermediate: 'ROLE_PARENT',
  workload: 'ROLE_ISSUER',
  server: 'ROLE_ISSUER',
};

/** Changes of single certificates that are remembered for streams that are behind; the CRLs tell the rest. */
const REMEMBERED = 10_000;
/** Of so many at once the ledger says whose they are, also of certificates of a moment ago. */
const READ = 256;
/** Of more, the projection that incidents are enumerated from: it has no certificate to be parsed. */
const OWNERS = `
  SELECT serial, identity FROM projections.revocation_certificates WHERE serial = ANY($1) AND identity IS NOT NULL`;

export interface ListedCrl {
  readonly issuerId: IssuerId;
  readonly number: number;
  message(): CrlMessage;
}

/** What agents are told of trust, kept from the fold that publishes CRLs; and a call to everybody at each change. */
@Injectable()
export class TrustFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[] = [];
  #revocations: readonly RevocationMessage[] = [];
  #position = 0;
  #folding: Promise<void> = Promise.resolve();
  #crls: readonly ListedCrl[] | undefined;
  /** Nothing has changed since the bundle was looked at. */
  #isCurrent = false;
  #bundle?: { readonly hash: string; readonly message: TrustBundleMessage };

  constructor(
    private readonly publisher: CrlPublisher,
    private readonly issuers: IssuerDirectory,
    private readonly settings: Settings,
    private readonly ledger: Ledger,
    private readonly database: Database,
  ) {}

  onApplicationBootstrap(): void {
    this.#ends.push(
      this.publisher.onFolded((events) => (this.#folding = this.#folding.then(() => this.#fold(events)))),
      this.issuers.onChange(() => this.#tell()),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    this.#ends.forEach((end) => end());
    await this.#folding;
  }

  get caughtUp(): Promise<unknown> {
    return this.publisher.caughtUp;
  }

  /** Of the newest event that is in. */
  get position(): number {
    return this.#position;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The newest CRL of each CA of the mesh that is not over. Its bytes are made when they are asked for. */
  crls(): readonly ListedCrl[] {
    // Thousands of streams ask for the same after each change.
    return (this.#crls ??= this.#listed());
  }

  #listed(): readonly ListedCrl[] {
    return this.publisher.lists.issuers().flatMap((issuerId) => {
      const issuer = this.issuers.find(issuerId);
      const role = issuer && issuer.status !== 'retired' ? roles[issuer.purpose] : undefined;
      const crl = this.publisher.lists.published(issuerId);
      if (!role || !crl) return [];
      const { number, thisUpdate, nextUpdate, sha256 } = crl;
      const message = (): CrlMessage => ({
        ...{ issuerId, number, role },
        issuerName: this.issuers.facts(issuerId).subjectName,
        ...{ thisUpdate: protoTime(thisUpdate), nextUpdate: protoTime(nextUpdate) },
        ...{ der: crl.bytes(), sha256: Buffer.from(sha256, 'hex') },
      });
      return [{ issuerId, number, message }];
    });
  }

  bundle(): TrustBundleMessage {
    if (this.#bundle && this.#isCurrent) return this.#bundle.message;
    this.#isCurrent = true;
    const anchors = this.issuers.meshAnchors();
    const intermediates = this.issuers
      .all()
      .filter(({ purpose, status }) => roles[purpose] && purpose !== 'root' && status !== 'retired')
      .map(({ issuerId }) => this.issuers.certificate(issuerId));
    const hash = createHash('sha256');
    for (const certificate of [...anchors, Buffer.from('|'), ...intermediates]) hash.update(certificate);
    const digest = hash.digest('hex');
    if (this.#bundle?.hash !== digest) {
      // It grows by itself in this process; behind another replica's it may only look like a change.
      const sequence = (this.#bundle?.message.sequence ?? this.#position) + 1;
      const message = { trustDomain: this.settings.trustDomain, anchors, intermediates, sequence };
      this.#bundle = { hash: digest, message };
    }
    return this.#bundle.message;
  }

  /** Of any issuer, ours included, behind a position; as far back as is remembered. */
  revocationsAfter(position: number): readonly RevocationMessage[] {
    return this.#revocations.filter((one) => one.position > position);
  }

  async #fold(events: readonly RecordedEvent[]): Promise<void> {
    const statuses = events.filter(isStatusEvent);
    const owners = await this.#ownersOf(statuses);
    const changes = statuses.map((event) => revocationOf(event, owners.get(event.data.serial)));
    if (changes.length > 0) this.#revocations = [...this.#revocations, ...changes].slice(-REMEMBERED);
    this.#position = events.at(-1)?.position ?? this.#position;
    // Before it is signed a CRL is news for nobody; thousands of streams would each look.
    if (events.some(({ type }) => type !== 'CrlPrepared')) this.#tell();
  }

  /** By serial. With it, agents spare the connections of all others. */
  async #ownersOf(events: readonly (RecordedEvent & StatusEvent)[]): Promise<ReadonlyMap<string, string>> {
    const serials = [...new Set(events.map(({ data }) => data.serial))];
    if (serials.length === 0) return new Map();
    try {
      if (serials.length > READ) {
        const rows = await this.database.query<{ serial: string; identity: string }>(OWNERS, [serials]);
        return new Map(rows.map(({ serial, identity }) => [serial, identity]));
      }
      const histories = await this.ledger.readStreams(serials.map(certificateStream));
      const issued = [...histories.values()].flatMap((history) => history.events.find(isIssued)?.data ?? []);
      return new Map(issued.flatMap(({ serial, identity }) => (identity ? [[serial, identity]] : [])));
    } catch {
      // Nobody waits for that: a revocation without it is of anybody.
      return new Map();
    }
  }

  #tell(): void {
    this.#crls = undefined;
    this.#isCurrent = false;
    this.#listeners.forEach((listener) => listener());
  }
}

const revocationOf = (event: RecordedEvent & StatusEvent, spiffeId = ''): RevocationMessage => {
  const { issuerId, serial } = event.data;
  return {
    ...{ issuerId, serial, status: statusOf[event.type], spiffeId },
    at: protoTime(event.committedAt),
    position: event.position,
  };
};

/** A canary was never good: nobody has anything open that was made with it. */
const isStatusEvent = (event: RecordedEvent): event is RecordedEvent & StatusEvent =>
  Object.hasOwn(statusOf, event.type) && !isCanarySerial((event as RecordedEvent & StatusEvent).data.serial);

const isIssued = (event: RecordedEvent): event is RecordedEvent & CertificateIssued =>
  event.type === 'CertificateIssued';
