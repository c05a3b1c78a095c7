import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  type DomainEvent,
  type IssuerId,
  type IssuerPurpose,
  type IssuerRecord,
  issuerStream,
  timestamp,
} from '@cartulary/domain';
import type { Ledger, RecordedEvent } from '@cartulary/ledger';
import { InMemoryLedger } from '@cartulary/ledger/testing';
import { FixedClock } from '@cartulary/runtime';
import {
  certificateFacts,
  createCsr,
  type CsrContents,
  derToPem,
  generatePrivateKey,
  issueCertificate,
  type IssuerKind,
  issueRoot,
  newSerial,
} from '@cartulary/x509';
import { IssuerDirectory, type KnownIssuer } from '../issuer-directory.js';
import { publicationsOf } from '../publications.js';
import type { Settings } from '../settings.js';
import { validity } from '../validity.js';
import { CountingSigner } from './counting-signer.js';
import { testSettings } from './test-settings.js';

export interface TestDomainOptions {
  readonly ledger?: Ledger;
  readonly settings?: Partial<Settings>;
  /** Whether its issuers may issue from the start; yes unless told. */
  readonly active?: boolean;
  /** What its clock stands at; for tests with real TLS, the machine's time. */
  readonly now?: Date;
}

type Parent = IssuerRecord & { readonly keyId: string };

/** A trust domain with real CAs: root → workload and server; system root → system. */
export class TestDomain<L extends Ledger = InMemoryLedger> {
  readonly clock: FixedClock;
  readonly signer = new CountingSigner();
  readonly issuers = new IssuerDirectory();

  private constructor(
    readonly ledger: L,
    readonly settings: Settings,
    now: Date | string = '2026-03-01T12:00:00.500Z',
  ) {
    this.clock = new FixedClock(now);
  }

  static async create(options?: Omit<TestDomainOptions, 'ledger'>): Promise<TestDomain>;
  static async create<L extends Ledger>(options: TestDomainOptions & { readonly ledger: L }): Promise<TestDomain<L>>;
  static async create(options: TestDomainOptions = {}): Promise<TestDomain<Ledger>> {
    const settings = { ...testSettings, ...options.settings };
    const domain = new TestDomain(options.ledger ?? new InMemoryLedger({ pollInterval: 5 }), settings, options.now);
    const active = options.active ?? true;
    const root = await domain.#root('root', active);
    await domain.addIssuer('workload', root, { active });
    await domain.addIssuer('server', root, { active });
    await domain.addIssuer('system', await domain.#root('system-root', active), { active });
    domain.signer.signed.length = 0;
    return domain;
  }

  issuer(purpose: IssuerPurpose): KnownIssuer & { readonly keyId: string } {
    const issuer = this.issuers.signing().find((one) => one.purpose === purpose);
    if (!issuer) throw new Error(`no ${purpose} issuer`);
    return issuer;
  }

  /** One more issuer below a parent, announced and, unless told otherwise, active. */
  async addIssuer(
    kind: IssuerKind,
    parent: Parent,
    { seconds = this.settings.caLifetimes.issuer, epoch = 1, active = true } = {},
  ): Promise<IssuerRecord> {
    const { keyId, spki } = await this.signer.generate('ecdsa-p256');
    const reference = { certificate: Buffer.from(parent.certificate, 'base64'), keyId: parent.keyId };
    const dates = validity(this.clock.now(), seconds, this.settings.clockSkew, certificateFacts(reference.certificate));
    const publications = publicationsOf(this.settings.publicUrl, parent.issuerId);
    const subject = [{ type: 'CN', value: `Test ${kind} ${keyId.slice(0, 16)}` }] as const;
    const common = { serial: newSerial(), spki, subject, publications, trustDomain: this.settings.trustDomain };
    const request = { profile: 'issuer', kind, ...common, ...dates } as const;
    const certificate = await issueCertificate(request, reference, this.signer);
    return this.#announce(kind, keyId, certificate, { epoch, active, parent: parent.issuerId });
  }

  /** Appends to one stream at the version that it has. */
  async append(stream: string, ...events: readonly DomainEvent[]): Promise<readonly RecordedEvent[]> {
    const version = (await this.ledger.heads([stream])).get(stream) ?? 0;
    const appended = await this.ledger.append({
      expectations: [{ stream, version }],
      events: events.map((event) => ({ stream, type: event.type, data: event.data as object })),
      actor: { id: 'system:test', credential: 'system' },
      correlationId: 'test',
      recordedAt: timestamp(this.clock.now()),
    });
    return appended.events;
  }

  async #root(purpose: 'root' | 'system-root', active: boolean): Promise<Parent> {
    const { keyId } = await this.signer.generate('ecdsa-p256');
    const unbounded = { notBefore: new Date(0), notAfter: new Date(8.64e15) };
    const dates = validity(this.clock.now(), this.settings.caLifetimes.root, this.settings.clockSkew, unbounded);
    const subject = [{ type: 'CN', value: `Test ${purpose} ${keyId.slice(0, 16)}` }] as const;
    const request = { profile: 'root', serial: newSerial(), subject, ...dates } as const;
    return this.#announce(purpose, keyId, await issueRoot(request, keyId, this.signer), { epoch: 1, active });
  }

  async #announce(
    purpose: IssuerPurpose,
    keyId: string,
    certificate: Buffer,
    { epoch, active, parent }: { epoch: number; active: boolean; parent?: IssuerId },
  ): Promise<Parent> {
    const { keyHash, notBefore, notAfter } = certificateFacts(certificate);
    const issuerId = keyHash.slice(0, 16) as IssuerId;
    const record: Parent = {
      ...{ issuerId, purpose, epoch, name: purpose, keyId, keyAlgorithm: 'ecdsa-p256' },
      certificate: certificate.toString('base64') as IssuerRecord['certificate'],
      ...(parent ? { parent } : {}),
      ...{ notBefore: timestamp(notBefore), notAfter: timestamp(notAfter) },
    };
    const activated = { type: 'IssuerActivated', data: { issuerId, activatedAt: timestamp(this.clock.now()) } };
    const events = [{ type: 'IssuerCreated', data: record }, ...(active ? [activated] : [])];
    const recorded = await this.append(issuerStream(issuerId), ...events);
    recorded.forEach((event) => this.issuers.apply(event));
    return record;
  }
}

/** A request as PEM, with the key that made it: a new one unless given. */
export const testCsr = async (
  contents: CsrContents = {},
  key?: KeyObject,
): Promise<{ csr: string; key: KeyObject; spki: Buffer }> => {
  const privateKey = key ?? (await generatePrivateKey('ecdsa-p256'));
  const csr = derToPem(await createCsr(privateKey, contents), 'CERTIFICATE REQUEST');
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { csr, key: privateKey, spki };
};
