import { createHash } from 'node:crypto';
import {
  type CrlPrepared,
  type CrlPublished,
  type IssuerId,
  type IssuerPurpose,
  type IssuerRecord,
  issuerStream,
  publicationStream,
  type RevocationReason,
  type Serial,
  timestamp,
} from '@cartulary/domain';
import type { FixedClock } from '@cartulary/runtime';
import { type PreparedCrl, RevocationLists } from '@cartulary/service';
import {
  assembleCrl,
  certificateFacts,
  generatePrivateKey,
  InMemorySigner,
  issueCertificate,
  type IssuerKind,
  issueRoot,
  newSerial,
  pemToDer,
  signatureAlgorithmFor,
  verifyCsr,
} from '@cartulary/x509';
import { type DelegationRequest, OcspDelegation } from '../delegate/ocsp-delegation.js';
import type { MemoryTransport } from './memory-transport.fixture.spec.js';

export interface TestIssuer {
  readonly issuerId: IssuerId;
  readonly keyId: string;
  /** DER. */
  readonly certificate: Buffer;
}

export interface TestCertificate {
  readonly serial: Serial;
  readonly issuer: TestIssuer;
  /** DER. */
  readonly certificate: Buffer;
  readonly notAfter: Date;
}

interface PreparationOptions {
  readonly life?: number;
  readonly expiredBefore?: Date;
  readonly deltas?: boolean;
}

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const publications = { ocspUrl: 'http://127.0.0.1:8080/ocsp' };
const trustDomain = 'cluster.local';

/** The issuing side as far as a responder sees it: real CAs, whose doings become events. */
export class TestAuthority extends OcspDelegation {
  readonly #signer = new InMemorySigner();
  readonly #lists = new RevocationLists();
  /** What delegated certificates live from now, in milliseconds. */
  delegationLife = 7 * DAY;
  /** Thrown by `delegate` while set. */
  delegationFails: Error | undefined;
  readonly delegations: DelegationRequest[] = [];

  constructor(
    private readonly transport: MemoryTransport,
    private readonly clock: FixedClock,
  ) {
    super();
  }

  /** A root and below it a workload issuer, both active, both with their first CRL. */
  async create(): Promise<{ root: TestIssuer; workload: TestIssuer }> {
    const root = await this.createRoot();
    const workload = await this.createIssuer(root, 'workload');
    for (const issuer of [root, workload]) {
      await this.publishCrl(issuer);
      this.activate(issuer);
    }
    return { root, workload };
  }

  async createRoot(): Promise<TestIssuer> {
    const { keyId } = await this.#signer.generate('ecdsa-p256');
    const subject = [{ type: 'CN', value: `Test Root ${keyId.slice(0, 16)}` }] as const;
    const request = { profile: 'root', serial: newSerial(), subject, ...this.#validity(60 * DAY) } as const;
    return this.#announce('root', keyId, await issueRoot(request, keyId, this.#signer));
  }

  async createIssuer(parent: TestIssuer, kind: IssuerKind): Promise<TestIssuer> {
    const { keyId, spki } = await this.#signer.generate('ecdsa-p256');
    const subject = [{ type: 'CN', value: `Test ${kind} ${keyId.slice(0, 16)}` }] as const;
    const request = {
      ...({ profile: 'issuer', kind, trustDomain, subject, publications } as const),
      ...{ serial: newSerial(), spki, ...this.#validity(30 * DAY) },
    };
    return this.#announce(kind, keyId, await issueCertificate(request, parent, this.#signer), parent);
  }

  activate({ issuerId }: TestIssuer): void {
    const activatedAt = timestamp(this.clock.now());
    this.transport.append(issuerStream(issuerId), 'IssuerActivated', { issuerId, activatedAt });
  }

  /** `announced: false`: the certificate is out before its event is. */
  async issue(issuer: TestIssuer, options: { life?: number; announced?: boolean } = {}): Promise<TestCertificate> {
    const { spki } = await this.#signer.import(
      (await generatePrivateKey('ecdsa-p256')).export({ type: 'pkcs8', format: 'pem' }).toString(),
    );
    const dates = this.#validity(options.life ?? DAY);
    const spiffeId = `spiffe://${trustDomain}/ns/shop/sa/cart`;
    const serial = newSerial() as Serial;
    const request = { profile: 'workload', trustDomain, spiffeId, publications, serial, spki, ...dates } as const;
    const certificate = await issueCertificate(request, issuer, this.#signer);
    const issued = { serial, issuer, certificate, notAfter: dates.notAfter };
    if (options.announced !== false) this.announce(issued);
    return issued;
  }

  announce({ serial, issuer: { issuerId }, notAfter }: TestCertificate): void {
    const data = { serial, issuerId, notAfter: timestamp(notAfter) };
    this.transport.append(`certificate-${serial}`, 'CertificateIssued', data);
  }

  hold(certificate: TestCertificate): void {
    this.#change(certificate, 'CertificateHeld', { heldAt: timestamp(this.clock.now()) });
  }

  release(certificate: TestCertificate): void {
    this.#change(certificate, 'CertificateReleased', { releasedAt: timestamp(this.clock.now()) });
  }

  revoke(certificate: TestCertificate, reason: RevocationReason = 'keyCompromise'): void {
    this.#change(certificate, 'CertificateRevoked', { reason, revokedAt: timestamp(this.clock.now()) });
  }

  cutOff({ issuerId, certificate }: TestIssuer, parent: TestIssuer, reason: RevocationReason = 'cACompromise'): void {
    const { serial, notAfter } = certificateFacts(certificate);
    const data = { issuerId, parent: parent.issuerId, serial, notAfter: timestamp(notAfter), reason };
    const revokedAt = timestamp(this.clock.now());
    this.transport.append(issuerStream(issuerId), 'IssuerCompromised', { ...data, revokedAt });
  }

  /** `sha256` stands in for the true one. */
  async publishCrl(issuer: TestIssuer, options: PreparationOptions & { sha256?: string } = {}): Promise<number> {
    const number = this.prepareCrl(issuer, options);
    await this.signCrl(issuer, options);
    return number;
  }

  /** `deltas`: with one to the oldest CRL that was published and may still be used. */
  prepareCrl({ issuerId }: TestIssuer, options: PreparationOptions = {}): number {
    const now = this.clock.now();
    const preparation: CrlPrepared['data'] = {
      issuerId,
      thisUpdate: timestamp(new Date(now.getTime() - 5 * MINUTE)),
      nextUpdate: timestamp(new Date(now.getTime() + (options.life ?? DAY))),
      expiredBefore: timestamp(options.expiredBefore ?? new Date(now.getTime() - DAY)),
      preparedAt: timestamp(now),
      ...(options.deltas ? { freshestCrl: `http://127.0.0.1:8080/crl/${issuerId}-delta.crl` } : {}),
      ...(options.deltas ? this.#delta(issuerId, now) : {}),
    };
    return this.transport.append(publicationStream(issuerId), 'CrlPrepared', preparation).position;
  }

  /** What was prepared last. */
  async signCrl({ issuerId, keyId }: TestIssuer, options: { sha256?: string } = {}): Promise<void> {
    this.#catchUp();
    const prepared = this.#lists.prepared(issuerId);
    if (!prepared) throw new Error('nothing has been prepared');
    const { number, thisUpdate, delta } = prepared;
    const publish = async (
      type: string,
      data: object,
      list: Pick<PreparedCrl, 'nextUpdate' | 'entries' | 'toBeSigned'>,
    ) => {
      const toBeSigned = list.toBeSigned();
      const signature = await this.#signer.sign({ keyId, usage: 'crl', toBeSigned });
      const bytes = assembleCrl(toBeSigned.join(), signatureAlgorithmFor('ecdsa-p256'), signature);
      const publication = {
        ...{ issuerId, number, thisUpdate: timestamp(thisUpdate), nextUpdate: timestamp(list.nextUpdate) },
        ...{ entries: list.entries, size: bytes.length },
        sha256: options.sha256 ?? createHash('sha256').update(bytes).digest('hex'),
        signature: signature.toString('base64'),
        publishedAt: timestamp(this.clock.now()),
      } as CrlPublished['data'];
      this.transport.append(publicationStream(issuerId), type, { ...publication, ...data });
    };
    await publish('CrlPublished', {}, prepared);
    if (delta) await publish('DeltaCrlPublished', { base: delta.base }, delta);
  }

  #delta(issuerId: IssuerId, now: Date): Pick<CrlPrepared['data'], 'delta'> {
    this.#catchUp();
    const base = this.#lists.deltaBase(issuerId, now);
    return base === undefined ? {} : { delta: { base, nextUpdate: timestamp(new Date(now.getTime() + MINUTE)) } };
  }

  override async delegate(request: DelegationRequest): Promise<Buffer> {
    this.delegations.push(request);
    if (this.delegationFails) throw this.delegationFails;
    const csr = await verifyCsr(pemToDer(request.csr, 'CERTIFICATE REQUEST'));
    const issuer = this.#issuers.get(request.issuerId);
    if (!issuer) throw new Error(`no issuer ${request.issuerId}`);
    const serial = newSerial() as Serial;
    const dates = this.#validity(this.delegationLife);
    const profile = { profile: 'ocsp-signing', serial, spki: csr.spki, ...dates } as const;
    const certificate = await issueCertificate(profile, issuer, this.#signer);
    this.announce({ serial, issuer, certificate, notAfter: dates.notAfter });
    return certificate;
  }

  readonly #issuers = new Map<IssuerId, TestIssuer>();

  #announce(purpose: IssuerPurpose, keyId: string, certificate: Buffer, parent?: TestIssuer): TestIssuer {
    const { notBefore, notAfter, keyHash } = certificateFacts(certificate);
    const issuerId = keyHash.slice(0, 16) as IssuerId;
    const record: IssuerRecord = {
      ...{ issuerId, purpose, epoch: 1, name: purpose, keyId, keyAlgorithm: 'ecdsa-p256' },
      certificate: certificate.toString('base64') as IssuerRecord['certificate'],
      ...(parent ? { parent: parent.issuerId } : {}),
      ...{ notBefore: timestamp(notBefore), notAfter: timestamp(notAfter) },
    };
    const issuer = { issuerId, keyId, certificate };
    this.#issuers.set(issuerId, issuer);
    this.transport.append(issuerStream(issuerId), 'IssuerCreated', record);
    return issuer;
  }

  #change({ serial, issuer, notAfter }: TestCertificate, type: string, data: object): void {
    const named = { serial, issuerId: issuer.issuerId, notAfter: timestamp(notAfter) };
    this.transport.append(`certificate-${serial}`, type, { ...named, ...data });
  }

  #folded = 0;
  #catchUp(): void {
    const news = this.transport.events.slice(this.#folded);
    this.#folded += news.length;
    const types = [
      'IssuerCreated',
      'IssuerCompromised',
      'CertificateRevoked',
      'CertificateHeld',
      'CertificateReleased',
    ];
    for (const event of news) if (types.includes(event.type) || event.type.includes('Crl')) this.#lists.apply(event);
  }

  #validity(life: number): { notBefore: Date; notAfter: Date } {
    const now = Math.floor(this.clock.now().getTime() / 1_000) * 1_000;
    return { notBefore: new Date(now - 10 * MINUTE), notAfter: new Date(now + life) };
  }
}
