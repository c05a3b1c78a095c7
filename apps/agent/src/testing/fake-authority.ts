import { randomBytes } from 'node:crypto';
import type { Clock } from '@cartulary/runtime';
import { CsrError, EncodingError } from '@cartulary/x509';
import {
  type Acknowledgement,
  type Attested,
  Authority,
  type Entitlement,
  type IssuedCertificate,
  type NodeCredential,
  type ReceivedCanary,
  type ReceivedCrl,
  type TrustChange,
  type TrustRequest,
} from '../authority/authority.js';
import { AuthorityError } from '../authority/errors.js';
import { FakeCa } from './fake-ca.js';
import { TestQueue } from './test-queue.js';

const DAY_MS = 24 * 60 * 60_000;
const nothing = { crls: [], endedIssuers: [], rotations: [], revocations: [] };

/** The CA in memory, with real certificates and CRLs; held to the same contract as the one over gRPC. */
export class FakeAuthority extends Authority {
  readonly #tokens = new Map<string, string>();
  readonly #lists = new Set<TestQueue<readonly Entitlement[]>>();
  readonly #trusts = new Set<TestQueue<TrustChange>>();
  readonly #issued = new Map<string, IssuedCertificate>();
  readonly acknowledged: Acknowledgement[] = [];
  #entitlements: readonly Entitlement[] = [];
  #credential: NodeCredential | undefined;
  #away = false;
  #canary: ReceivedCanary | undefined;
  signings = 0;
  /** Of workloads' certificates, ms. */
  life = DAY_MS;

  private constructor(
    readonly ca: FakeCa,
    private readonly clock: Clock,
  ) {
    super();
  }

  static async create(clock: Clock): Promise<FakeAuthority> {
    return new FakeAuthority(await FakeCa.create(clock.now()), clock);
  }

  // What the contract and the tests do behind the agent's back.

  joinToken(node: string): string {
    const token = randomBytes(16).toString('hex');
    this.#tokens.set(token, node);
    return token;
  }

  place(entitlements: readonly Entitlement[]): void {
    this.#entitlements = entitlements;
    for (const list of this.#lists) list.put(entitlements);
  }

  /** Nobody answers, and streams end. */
  goAway(): void {
    this.#away = true;
    const error = new AuthorityError('AUTHORITY_UNAVAILABLE', 'the CA is away');
    for (const queue of [...this.#lists, ...this.#trusts]) queue.end(error);
    this.#lists.clear();
    this.#trusts.clear();
  }

  comeBack(): void {
    this.#away = false;
  }

  async revoke(serial: string): Promise<void> {
    const issued = this.#issued.get(serial);
    const now = this.clock.now();
    const crl = await this.ca.revoke(serial, now, issued?.notAfter ?? new Date(now.getTime() + this.life));
    const revocation = {
      issuerId: crl.issuerId,
      serial,
      status: 'revoked',
      ...(issued && { spiffeId: issued.spiffeId }),
    } as const;
    this.tell({ ...nothing, position: this.ca.position, complete: true, crls: [crl], revocations: [revocation] });
  }

  /** A CRL that lists a canary, and the canary; `life` in ms. */
  async canary(life?: number): Promise<ReceivedCanary> {
    const { crl, canary } = await this.ca.canary(this.clock.now(), life);
    this.#canary = canary;
    this.tell({ ...nothing, position: this.ca.position, complete: true, crls: [crl], canaries: [canary] });
    return canary;
  }

  async release(serial: string): Promise<void> {
    this.publish(await this.ca.release(serial, this.clock.now()));
  }

  /** Every certificate that was issued is to be replaced now. */
  rotateAll(): void {
    const now = this.clock.now();
    const order = { serials: [...this.#issued.keys()], from: now, until: now };
    this.tell({ ...nothing, position: this.ca.position, complete: true, rotations: [order] });
  }

  publish(crl: ReceivedCrl): void {
    this.tell({ ...nothing, position: this.ca.position, complete: true, crls: [crl] });
  }

  tell(change: TrustChange): void {
    for (const trust of this.#trusts) trust.put(change);
  }

  // The port.

  use(credential: NodeCredential): void {
    this.#credential = credential;
  }

  async attest({ joinToken, csr }: { joinToken: string; csr: string }): Promise<Attested> {
    this.#answering();
    const node = this.#tokens.get(joinToken);
    if (node === undefined) throw new AuthorityError('AUTHORITY_REFUSED', 'no such token', 'JOIN_TOKEN_SPENT');
    this.#tokens.delete(joinToken);
    const { trustDomain } = this.ca.bundle;
    return {
      certificate: await this.#issue(csr, `spiffe://${trustDomain}/cartulary/agent/${node}`),
      node,
      trustDomain,
    };
  }

  async renewNode(csr: string): Promise<IssuedCertificate> {
    return this.#issue(csr, this.#caller().certificate.spiffeId);
  }

  async sign({ spiffeId, csr }: { spiffeId: string; csr: string }): Promise<IssuedCertificate> {
    this.#caller();
    const entitled = this.#entitlements.some((each) => each.spiffeId === spiffeId && !each.suspended);
    if (!entitled) throw new AuthorityError('AUTHORITY_REFUSED', `not this node’s: ${spiffeId}`, 'NODE_NOT_ENTITLED');
    this.signings += 1;
    return this.#issue(csr, spiffeId);
  }

  async *entitlements(signal: AbortSignal): AsyncGenerator<readonly Entitlement[]> {
    this.#caller();
    const list = new TestQueue<readonly Entitlement[]>();
    list.put(this.#entitlements);
    yield* this.#streaming(this.#lists, list, signal);
  }

  async *trust({ held, canaries }: TrustRequest, signal: AbortSignal): AsyncGenerator<TrustChange> {
    this.#caller();
    const isHeld = ({ issuerId, number }: ReceivedCrl): boolean =>
      held.some((each) => each.issuerId === issuerId && each.number === number);
    const crls = this.ca.crls.map((crl) => (isHeld(crl) ? { ...crl, der: Buffer.alloc(0) } : crl));
    const given = canaries && this.#canary ? { canaries: [this.#canary] } : {};
    const queue = new TestQueue<TrustChange>();
    queue.put({ ...nothing, position: this.ca.position, complete: true, bundle: this.ca.bundle, crls, ...given });
    yield* this.#streaming(this.#trusts, queue, signal);
  }

  acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<void> {
    this.#caller();
    this.acknowledged.push(...acknowledgements);
    return Promise.resolve();
  }

  close(): void {
    for (const queue of [...this.#lists, ...this.#trusts]) queue.end();
  }

  async *#streaming<T>(open: Set<TestQueue<T>>, queue: TestQueue<T>, signal: AbortSignal): AsyncGenerator<T> {
    open.add(queue);
    signal.addEventListener('abort', () => queue.end(), { once: true });
    try {
      yield* queue;
    } finally {
      open.delete(queue);
    }
  }

  async #issue(csr: string, spiffeId: string): Promise<IssuedCertificate> {
    try {
      const issued = await this.ca.issue(csr, spiffeId, this.clock.now(), this.life);
      this.#issued.set(issued.serial, issued);
      return issued;
    } catch (error) {
      if (!(error instanceof CsrError || error instanceof EncodingError)) throw error;
      throw new AuthorityError('AUTHORITY_REFUSED', error.message, error.code, { cause: error });
    }
  }

  #answering(): void {
    if (this.#away) throw new AuthorityError('AUTHORITY_UNAVAILABLE', 'the CA is away');
  }

  #caller(): NodeCredential {
    this.#answering();
    if (!this.#credential) throw new AuthorityError('AUTHORITY_REFUSED', 'who are you?', 'UNAUTHENTICATED');
    return this.#credential;
  }
}
