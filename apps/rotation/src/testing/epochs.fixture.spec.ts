import { Logger } from '@nestjs/common';
import {
  type CertificateIssued,
  certificateStream,
  decidePublication,
  type IssuerId,
  issuerStream,
  publicationStream,
  type Serial,
  timestamp,
} from '@cartulary/domain';

import type { RecordedEvent } from '@cartulary/ledger';
import type { Settings } from '@cartulary/service';
import { TestDomain } from '@cartulary/service/testing';
import { certificateFacts, newSerial } from '@cartulary/x509';
import { Candidates } from '../activate-issuer/candidates.js';
import { IssuerSuccession } from '../activate-issuer/issuer-succession.js';
import { countedTypes, EpochBook, type EpochCount } from '../keep-epochs/epoch-book.js';
import { EpochKeeper } from '../keep-epochs/epoch-keeper.js';
import { IssuerPreparer } from '../prepare-issuer/issuer-preparer.js';
import { CaRetirement } from '../retire-ca/ca-retirement.js';
import { RetireIssuerHandler } from '../retire-ca/handler.js';
import { IssuerRetirement } from '../retire-issuer/issuer-retirement.js';
import { RevokeIssuerHandler } from '../revoke-issuer/handler.js';
import { RotateIssuerHandler } from '../rotate-issuer/handler.js';
import { callerOf } from './world.fixture.spec.js';

/** Seconds. */
const DAY = 86_400;

/** The book in memory; epoch-book.int.spec holds it to what the real one does. */
export class MemoryBook extends EpochBook {
  readonly counts = new Map<string, EpochCount & { position: number }>();
  readonly keys = new Map<string, Date>();

  constructor() {
    super({ query: () => Promise.reject(new Error('there is no database')) });
  }

  override async count(events: readonly RecordedEvent[]): Promise<void> {
    for (const { type, data, position } of events) {
      const { issuerId, notAfter, profile } = data as unknown as CertificateIssued['data'];
      const known = this.counts.get(issuerId) ?? { certificates: 0, closed: false, position: 0 };
      if (profile === 'ocsp-signing' || position <= known.position) continue;
      const issued = type === 'CertificateIssued';
      const last = [known.lastNotAfter, issued ? notAfter : undefined].filter((one) => one !== undefined).sort();
      const lastNotAfter = last.at(-1);
      this.counts.set(issuerId, {
        certificates: known.certificates + (issued ? 1 : 0),
        closed: known.closed || !issued,
        ...(lastNotAfter ? { lastNotAfter } : {}),
        position,
      });
    }
  }
  override async of(issuerId: IssuerId): Promise<EpochCount> {
    const { position: _, ...count } = this.counts.get(issuerId) ?? { position: 0, certificates: 0, closed: false };
    return count;
  }
  override async keepKey(keyId: string, now: Date): Promise<void> {
    this.keys.set(keyId, now);
  }
  override async keysMadeBefore(time: Date): Promise<string[]> {
    return [...this.keys].filter(([, madeAt]) => madeAt < time).map(([keyId]) => keyId);
  }
  override async dropKey(keyId: string): Promise<void> {
    this.keys.delete(keyId);
  }
}

export interface Replica {
  readonly keeper: EpochKeeper;
  readonly rotating: RotateIssuerHandler;
  readonly retiring: RetireIssuerHandler;
  readonly revoking: RevokeIssuerHandler;
}

/** A trust domain whose epochs are kept; nothing happens unasked, and its clock stands. */
export class Epochs {
  readonly book = new MemoryBook();
  #counted = 0;
  #applied = 0;
  readonly replica: Replica;

  private constructor(readonly domain: TestDomain) {
    this.replica = this.newReplica();
  }

  static async create(settings: Partial<Settings> = {}): Promise<Epochs> {
    Logger.overrideLogger(false);
    const caLifetimes = { root: 1_000 * DAY, intermediate: 500 * DAY, issuer: 125 * DAY };
    return new Epochs(await TestDomain.create({ settings: { caLifetimes, ...settings } }));
  }

  newReplica(): Replica {
    const { ledger, signer, issuers, settings, clock } = this.domain;
    const candidates = new Candidates(ledger);
    const succession = new IssuerSuccession(ledger, candidates, settings, clock);
    const preparer = new IssuerPreparer(ledger, signer, issuers, this.book, settings, clock);
    const cas = new CaRetirement(ledger, issuers, settings, clock);
    const retirement = new IssuerRetirement(ledger, signer, this.book, cas, settings, clock);
    return {
      keeper: new EpochKeeper(issuers, preparer, succession, retirement, this.book, settings, clock),
      rotating: new RotateIssuerHandler(ledger, issuers, succession, preparer, settings, clock),
      retiring: new RetireIssuerHandler(ledger, cas),
      revoking: new RevokeIssuerHandler(ledger, issuers, candidates, clock),
    };
  }

  readonly context = { caller: callerOf('admin'), correlationId: 'test' };

  get workload() {
    return this.domain.issuers.line('workload');
  }

  /** One round, with everything that followed from it. */
  async round(): Promise<void> {
    await this.replica.keeper.round();
    await this.settle();
  }

  /** The directory and the book hear what is in the ledger. */
  async settle(): Promise<void> {
    const events = await this.domain.ledger.readAll({ after: this.#applied, limit: 10_000 });
    for (const event of events) if (/^(?:Issuer|Epoch)/.test(event.type)) this.domain.issuers.apply(event);
    this.#applied = events.at(-1)?.position ?? this.#applied;
    const counted = await this.domain.ledger.readAll({ after: this.#counted, limit: 10_000, types: countedTypes });
    await this.book.count(counted);
    this.#counted = counted.at(-1)?.position ?? this.#counted;
  }

  /** As the revocation service would. Resolves to the number. */
  async publishCrl(issuerId: IssuerId): Promise<number> {
    const now = timestamp(this.domain.clock.now());
    const times = { issuerId, thisUpdate: now, nextUpdate: now, expiredBefore: now, preparedAt: now };
    const [prepared] = await this.domain.append(publicationStream(issuerId), { type: 'CrlPrepared', data: times });
    const number = prepared!.position;
    const more = { number, entries: 0, size: 1, sha256: '', signature: '' as never, publishedAt: now };
    const [published] = decidePublication(
      { type: 'PublishCrl', ...times, ...more },
      { prepared: number, published: 0 },
    );
    await this.domain.append(publicationStream(issuerId), published!);
    return number;
  }

  async issue(issuerId: IssuerId, notAfter: Date, profile = 'workload'): Promise<void> {
    const serial = newSerial() as Serial;
    const data = { serial, issuerId, profile, notAfter: timestamp(notAfter) };
    await this.domain.append(certificateStream(serial), { type: 'CertificateIssued', data });
    await this.settle();
  }

  async typesOf(issuerId: IssuerId): Promise<string[]> {
    return (await this.domain.ledger.readStream(issuerStream(issuerId))).events.map(({ type }) => type);
  }

  async hasKey(issuerId: IssuerId): Promise<boolean> {
    const { keyId } = this.domain.issuers.get(issuerId);
    return (await this.domain.signer.keys()).some((key) => key.keyId === keyId);
  }
}

export const factsOf = ({ certificate }: { readonly certificate: string }) =>
  certificateFacts(Buffer.from(certificate, 'base64'));
