import type { Serial } from '@cartulary/domain';
import { FixedClock } from '@cartulary/runtime';
import { newSerial } from '@cartulary/x509';
import fc from 'fast-check';
import { MemoryTransport } from './memory-transport.fixture.spec.js';
import { TestAuthority, type TestCertificate, type TestIssuer } from './test-authority.fixture.spec.js';

const HOUR = 3_600_000;

/** What happens to which of a few certificates, or to the CRL of which of two issuers. */
export const steps = fc.array(
  fc.record({
    what: fc.constantFrom('issue', 'hold', 'release', 'revoke', 'prepare', 'sign', 'publish'),
    which: fc.nat(3),
    reason: fc.constantFrom('unspecified' as const, 'keyCompromise' as const, 'superseded' as const),
    minutes: fc.nat(40),
  }),
  { minLength: 10, maxLength: 60 },
);
export type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never;

/** A ledger that goes on for as long as it is told to. */
export class AnyHistory {
  readonly clock = new FixedClock(new Date());
  readonly transport = new MemoryTransport(this.clock);
  readonly certificates: TestCertificate[] = [];
  readonly issuers: TestIssuer[] = [];
  readonly #authority = new TestAuthority(this.transport, this.clock);
  readonly #unsigned = new Set<TestIssuer>();
  #expiredBefore = new Map<TestIssuer, Date>();

  static async start(): Promise<AnyHistory> {
    const history = new AnyHistory();
    const { root, workload } = await history.#authority.create();
    const other = await history.#authority.createIssuer(root, 'workload');
    await history.#authority.publishCrl(other);
    history.#authority.activate(other);
    history.issuers.push(workload, other);
    return history;
  }

  get events() {
    return this.transport.events;
  }

  async take({ what, which, reason, minutes }: Step): Promise<void> {
    this.clock.advance(minutes * 60_000);
    const issuer = this.issuers[which % 2]!;
    const certificate = this.certificates[which];
    // Deltas come and go.
    if (what === 'prepare' || what === 'publish') this.#prepare(issuer, minutes % 8 !== 0);
    if ((what === 'sign' || what === 'publish') && this.#unsigned.delete(issuer)) await this.#authority.signCrl(issuer);
    if (!certificate || what === 'issue') {
      if (!certificate) this.#issue(which, issuer);
    } else if (what === 'hold') this.#authority.hold(certificate);
    else if (what === 'release') this.#authority.release(certificate);
    else if (what === 'revoke') this.#authority.revoke(certificate, reason);
  }

  // The event is all that counts here; some certificates end while the history goes on.
  #issue(which: number, issuer: TestIssuer): void {
    const notAfter = new Date(this.clock.now().getTime() + (which + 1) * HOUR);
    const certificate = { serial: newSerial() as Serial, issuer, certificate: Buffer.alloc(0), notAfter };
    this.certificates[which] = certificate;
    this.#authority.announce(certificate);
  }

  // As the publisher does: an entry leaves once it stood in a CRL issued after its certificate's end.
  #prepare(issuer: TestIssuer, deltas: boolean): void {
    const expiredBefore = this.#expiredBefore.get(issuer) ?? new Date(0);
    this.#authority.prepareCrl(issuer, { expiredBefore, deltas, life: HOUR });
    this.#expiredBefore.set(issuer, new Date(this.clock.now().getTime() - 300_000));
    this.#unsigned.add(issuer);
  }
}
