import { createHash } from 'node:crypto';
import type { Caller } from '@cartulary/access';
import {
  certificateStream,
  gateStream,
  identityStream,
  type IncidentSelector,
  type Role,
  type Serial,
  type SpiffeId,
  timestamp,
} from '@cartulary/domain';
import { certificateFacts, type CsrContents, pemToDer } from '@cartulary/x509';
import { TestDomain, testCsr, type TestDomainOptions } from '@cartulary/service/testing';
import { Admission } from '../admit-requests/admission.js';
import { Certifier } from '../issue-certificate/certifier.js';
import { IssueCertificateCommand, type IssueRequest, type RequestContext } from '../issue-certificate/command.js';
import { IssueCertificateHandler } from '../issue-certificate/handler.js';
import { Proofs } from '../issue-certificate/proofs.js';
import { RenewCertificateCommand } from '../renew-certificate/command.js';
import { RenewCertificateHandler } from '../renew-certificate/handler.js';

export const cart = 'spiffe://cluster.local/ns/shop/sa/cart' as SpiffeId;
export const bank = 'spiffe://cluster.local/ns/bank/sa/pay' as SpiffeId;
export const ada = 'spiffe://cluster.local/cartulary/operator/ada' as SpiffeId;
export const relay = 'spiffe://cluster.local/cartulary/service/relay' as SpiffeId;

export const callerOf = (role: Role, namespaces?: readonly string[]): Caller => ({
  kind: 'token',
  actor: { id: `token/${role}`, credential: 'token:abcdef012345' },
  grant: { role, ...(namespaces ? { namespaces } : {}) },
});

/** One of our own services, by its certificate. */
export const serviceCaller = (name: string, trustDomain = 'cluster.local', serial = '01aa'): Caller => ({
  kind: 'certificate',
  actor: { id: `spiffe://${trustDomain}/cartulary/service/${name}`, credential: `certificate:${serial}` },
  grant: { role: 'service' },
});

export const contextOf = (caller: Caller = callerOf('issuer'), key?: string, fingerprint = 'f'): RequestContext => ({
  caller,
  correlationId: 'test',
  ...(key === undefined ? {} : { idempotency: { scope: caller.actor.credential, key, fingerprint } }),
});

/** The handlers of a real trust domain, without a server around them. */
export class Issuance {
  readonly admission = new Admission();
  readonly certifier: Certifier;
  readonly issuing: IssueCertificateHandler;
  readonly renewing: RenewCertificateHandler;

  private constructor(readonly domain: TestDomain) {
    const { ledger, signer, issuers, settings, clock } = domain;
    const proofs = new Proofs();
    this.certifier = new Certifier(ledger, signer, issuers, settings, clock);
    this.issuing = new IssueCertificateHandler(
      this.certifier,
      ledger,
      issuers,
      settings,
      clock,
      this.admission,
      proofs,
    );
    this.renewing = new RenewCertificateHandler(
      this.certifier,
      ledger,
      issuers,
      settings,
      clock,
      this.admission,
      proofs,
    );
  }

  static async create(options?: Omit<TestDomainOptions, 'ledger'>): Promise<Issuance> {
    return new Issuance(await TestDomain.create(options));
  }

  issue(request: IssueRequest, context = contextOf()) {
    return this.issuing.execute(new IssueCertificateCommand(request, context));
  }

  /** One for `cart`, unless told otherwise. */
  async issueFor({
    identity = cart,
    contents = {},
    context = contextOf(),
    ...rest
  }: Partial<Omit<IssueRequest, 'csr'>> & { contents?: CsrContents; context?: RequestContext } = {}) {
    const { csr, key, spki } = await testCsr(contents);
    return { key, spki, csr, certificate: await this.issue({ csr, identity, ...rest }, context) };
  }

  renew(serial: string, csr: string, context = contextOf(), ttl?: number) {
    const request = { csr, ...(ttl === undefined ? {} : { ttl }) };
    return this.renewing.execute(new RenewCertificateCommand(serial as Serial, request, context));
  }

  register(identity: SpiffeId, grant?: { role: Role }) {
    const data = { identity, ...(grant ? { grant } : {}), registeredAt: this.#now() };
    return this.domain.append(identityStream(identity), { type: 'IdentityRegistered', data });
  }

  suspend(identity: SpiffeId) {
    const data = { identity, suspendedAt: this.#now() };
    return this.domain.append(identityStream(identity), { type: 'IdentitySuspended', data });
  }

  reinstate(identity: SpiffeId) {
    const data = { identity, reinstatedAt: this.#now() };
    return this.domain.append(identityStream(identity), { type: 'IdentityReinstated', data });
  }

  closeGate(selector: IncidentSelector) {
    const data = { incidentId: 'i00000000000', selector, reissueFirst: false, closedAt: this.#now() };
    return this.domain.append(gateStream(), { type: 'GateClosed', data });
  }

  block(spki: Buffer) {
    const keyHash = keyHashOf(spki);
    const data = { keyHash, reason: 'keyCompromise', blockedAt: this.#now() };
    return this.domain.append(`key-${keyHash}`, { type: 'KeyBlocked', data });
  }

  change(serial: string, type: 'CertificateHeld' | 'CertificateRevoked') {
    const data = { serial, reason: 'unspecified', heldAt: this.#now(), revokedAt: this.#now() };
    return this.domain.append(certificateStream(serial as Serial), { type, data });
  }

  /** The types of everything that was appended after the issuers. */
  async recorded(): Promise<string[]> {
    const events = await this.domain.ledger.readAll({ after: 0, limit: 10_000 });
    return events.map(({ type }) => type).filter((type) => !type.startsWith('Issuer'));
  }

  #now() {
    return timestamp(this.domain.clock.now());
  }
}

const keyHashOf = (spki: Buffer): string => createHash('sha256').update(spki).digest('hex');

export const factsOf = (pem: string) => certificateFacts(pemToDer(pem, 'CERTIFICATE'));
