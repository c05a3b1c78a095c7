import { createHash, createPublicKey } from 'node:crypto';
import {
  canaryName,
  certificateFacts,
  generatePrivateKey,
  issueCertificate,
  type IssuerReference,
  newCanarySerial,
  newSerial,
  RevokedEntries,
  verifyCsr,
} from '@cartulary/x509';
import { publishCrl, TestHierarchy } from '@cartulary/x509/testing';
import type { BundleChange, IssuedCertificate, ReceivedCanary, ReceivedCrl } from '../authority/authority.js';

const MINUTE = 60_000;

/** What the fake CA publishes of one of its CAs. */
interface Published {
  readonly reference: IssuerReference;
  readonly issuerId: string;
  entries: RevokedEntries;
}

/** Real certificates and CRLs, by issuers in memory: root, intermediate, and an issuer of workloads. */
export class FakeCa {
  readonly #crls = new Map<string, ReceivedCrl>();
  #position = 100;

  private constructor(
    readonly hierarchy: TestHierarchy,
    private readonly published: readonly Published[],
  ) {}

  static async create(now: Date): Promise<FakeCa> {
    const hierarchy = await TestHierarchy.create(now);
    const { root, intermediate, issuers } = hierarchy;
    const published = [root, intermediate, issuers.workload].map((reference) => ({
      reference,
      issuerId: createHash('sha256').update(reference.certificate).digest('hex').slice(0, 24),
      entries: new RevokedEntries(),
    }));
    const ca = new FakeCa(hierarchy, published);
    for (const { issuerId } of published) await ca.publish(issuerId, now);
    return ca;
  }

  get position(): number {
    return this.#position;
  }

  get workloadIssuerId(): string {
    return this.published[2]!.issuerId;
  }

  /** Of root, intermediate and the workloads' issuer. */
  get issuerIds(): readonly string[] {
    return this.published.map(({ issuerId }) => issuerId);
  }

  get crls(): readonly ReceivedCrl[] {
    return [...this.#crls.values()];
  }

  get bundle(): BundleChange {
    const { root, intermediate, issuers } = this.hierarchy;
    return {
      trustDomain: TestHierarchy.trustDomain,
      anchors: [root.certificate],
      intermediates: [intermediate.certificate, issuers.workload.certificate],
      sequence: 1,
    };
  }

  /** As the profile of workloads, or of services for the agent's own identity. `life` in ms. */
  async issue(csr: string, spiffeId: string, now: Date, life: number): Promise<IssuedCertificate> {
    const { spki } = await verifyCsr(csr);
    const serial = newSerial();
    const { issuers, intermediate, signer } = this.hierarchy;
    const profile = spiffeId.includes('/cartulary/') ? 'service' : 'workload';
    const issuer = profile === 'service' ? issuers.system : issuers.workload;
    const dates = { notBefore: new Date(now.getTime() - 5 * MINUTE), notAfter: new Date(now.getTime() + life) };
    const common = { trustDomain: TestHierarchy.trustDomain, spiffeId, publications: {}, serial, spki, ...dates };
    const leaf = await issueCertificate({ profile, ...common }, issuer, signer);
    return {
      chain: [leaf, issuer.certificate, intermediate.certificate],
      serial,
      spiffeId,
      notBefore: certificateFacts(leaf).notBefore,
      notAfter: certificateFacts(leaf).notAfter,
      renewFrom: new Date(now.getTime() + life * 0.5),
      renewUntil: new Date(now.getTime() + life * 0.7),
    };
  }

  /** One that is listed in the CRL with it; `life` in ms, which may be over. */
  async canary(now: Date, life = 5 * MINUTE): Promise<{ readonly crl: ReceivedCrl; readonly canary: ReceivedCanary }> {
    const workload = this.published[2]!;
    const key = await generatePrivateKey('ecdsa-p256');
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const { trustDomain } = TestHierarchy;
    const [serial, spiffeId] = [newCanarySerial(), canaryName(trustDomain, workload.issuerId.slice(0, 16))];
    const notAfter = new Date(now.getTime() + life);
    const dates = { notBefore: new Date(notAfter.getTime() - 10 * MINUTE), notAfter };
    const request = { profile: 'workload', trustDomain, spiffeId, publications: {}, serial, spki, ...dates } as const;
    const leaf = await issueCertificate(request, workload.reference, this.hierarchy.signer);
    const crl = await this.revoke(serial, now, notAfter);
    const { issuerId, number } = crl;
    const chain = [leaf, workload.reference.certificate, this.hierarchy.intermediate.certificate];
    return { crl, canary: { issuerId, number, chain, privateKey: key.export({ type: 'pkcs8', format: 'der' }) } };
  }

  async revoke(serial: string, now: Date, notAfter: Date): Promise<ReceivedCrl> {
    const workload = this.published[2]!;
    workload.entries.set({ serial, revokedAt: now, reason: 'keyCompromise' }, notAfter);
    return this.publish(workload.issuerId, now);
  }

  /** As many as that, of certificates that nobody has. */
  async revokeMany(count: number, now: Date, notAfter: Date): Promise<ReceivedCrl> {
    const workload = this.published[2]!;
    const reason = 'keyCompromise';
    for (let each = 0; each < count; each++) {
      workload.entries.set({ serial: newSerial(), revokedAt: now, reason }, notAfter);
    }
    return this.publish(workload.issuerId, now);
  }

  /** A CRL without entries, with a higher number. */
  async clear(now: Date): Promise<ReceivedCrl> {
    const workload = this.published[2]!;
    workload.entries = new RevokedEntries();
    return this.publish(workload.issuerId, now);
  }

  async release(serial: string, now: Date): Promise<ReceivedCrl> {
    const workload = this.published[2]!;
    workload.entries.remove(serial);
    return this.publish(workload.issuerId, now);
  }

  /** A new CRL; `life` in ms. */
  async publish(issuerId: string, now: Date, life = 24 * 60 * MINUTE): Promise<ReceivedCrl> {
    const { reference, entries } = this.published.find((each) => each.issuerId === issuerId)!;
    const number = BigInt(++this.#position);
    const dates = { thisUpdate: new Date(now.getTime() - 5 * MINUTE), nextUpdate: new Date(now.getTime() + life) };
    const der = await publishCrl(reference, this.hierarchy.signer, entries, number, dates);
    const crl = { issuerId, number, der };
    this.#crls.set(issuerId, crl);
    return crl;
  }
}
