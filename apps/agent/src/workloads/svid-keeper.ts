import { createPublicKey } from 'node:crypto';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, Metrics } from '@cartulary/runtime';
import { createCsr, derToPem, generatePrivateKey } from '@cartulary/x509';
import { Authority, type Revocation, type RotationOrder } from '../authority/authority.js';
import { codeOf } from '../authority/errors.js';
import { Changes } from '../changes.js';
import { covers } from '../trust/trust-state.js';
import { TrustStore } from '../trust/trust-store.js';
import { Entitlements } from './entitlements.js';
import { Gate } from './gate.js';
import { Renewal } from './renewal.js';
import { renewalTime } from './renewal-time.js';
import { type Svid, svidOf } from './svid.js';
import { SvidFiles } from './svid-files.js';

const AT_ONCE = 8;
/** How long a certificate whose issuer's CRL is not here yet is held back. */
const COVER_MS = 30_000;

interface KeptSvid {
  readonly renewal: Renewal;
  svid?: Svid;
  /** It was revoked: it is no credential for its successor. */
  revoked?: boolean;
}

/** One key and certificate for each identity of this node, made ahead of the first process that asks. */
@Injectable()
export class SvidKeeper implements OnApplicationShutdown {
  readonly #logger = new Logger(SvidKeeper.name);
  readonly #kept = new Map<string, KeptSvid>();
  readonly #changes = new Changes();
  readonly #gate = new Gate(AT_ONCE);
  readonly #signed;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly authority: Authority,
    private readonly entitlements: Entitlements,
    private readonly trust: TrustStore,
    private readonly files: SvidFiles,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#signed = metrics.counter('agent_signings_total', {
      help: 'Certificates asked for, by what became of it',
      labels: ['result'],
    });
  }

  start(): void {
    this.#unsubscribe = this.entitlements.onChange(() => this.#reconcile());
    this.#reconcile();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#unsubscribe?.();
    await Promise.all([...this.#kept.values()].map(({ renewal }) => renewal.stop()));
  }

  onChange(listener: () => void): () => void {
    return this.#changes.on(listener);
  }

  /** Undefined: not there yet, or it has ended. */
  find(spiffeId: string): Svid | undefined {
    const svid = this.#kept.get(spiffeId)?.svid;
    return svid && svid.notAfter > this.clock.now() ? svid : undefined;
  }

  all(): readonly { readonly spiffeId: string; readonly svid?: Svid; readonly renewal: Renewal }[] {
    return [...this.#kept].map(([spiffeId, { svid, renewal }]) => ({ spiffeId, renewal, ...(svid && { svid }) }));
  }

  /** Each that is meant at a random moment of the order's window. */
  order({ serials, from, until }: RotationOrder): void {
    for (const { svid, renewal } of this.#kept.values()) {
      if (!svid || !serials.includes(svid.serial)) continue;
      const window = { renewFrom: from, renewUntil: until, notAfter: svid.notAfter };
      renewal.renewBy(renewalTime(window, this.clock.now(), Math.random()));
    }
  }

  /** A certificate of ours that nobody takes any more is replaced at once, if the CA gives another. */
  revoked(revocation: Revocation): void {
    if (revocation.status !== 'revoked') return;
    for (const kept of this.#kept.values()) {
      if (kept.svid?.serial !== revocation.serial) continue;
      kept.revoked = true;
      this.#logger.warn(`the certificate of ${kept.svid.spiffeId} was revoked: asking for another`);
      kept.renewal.renewBy(this.clock.now());
    }
  }

  #reconcile(): void {
    if (!this.entitlements.known) return;
    const wanted = new Set(this.entitlements.all.flatMap(({ spiffeId, suspended }) => (suspended ? [] : [spiffeId])));
    for (const [spiffeId, { renewal }] of this.#kept) {
      if (wanted.has(spiffeId)) continue;
      this.#kept.delete(spiffeId);
      void renewal.stop().then(() => this.files.remove(spiffeId));
      this.#logger.log(`${spiffeId} is not this node’s any more`);
    }
    for (const spiffeId of wanted) if (!this.#kept.has(spiffeId)) this.#keep(spiffeId);
    this.#changes.tell();
  }

  #keep(spiffeId: string): void {
    const renewal = new Renewal({
      clock: this.clock,
      current: () => this.#kept.get(spiffeId)?.svid,
      renew: () => this.#gate.pass(() => this.#renew(spiffeId, kept)),
      onFailure: (error, failures) => this.#failed(spiffeId, error, failures),
    });
    const kept: KeptSvid = { renewal };
    this.#kept.set(spiffeId, kept);
    void this.files.read(spiffeId).then((svid) => {
      if (this.#kept.get(spiffeId) !== kept) return;
      if (svid && svid.notAfter > this.clock.now()) {
        kept.svid = svid;
        this.#changes.tell();
      }
      renewal.start();
    });
  }

  async #renew(spiffeId: string, kept: KeptSvid): Promise<void> {
    const privateKey = await generatePrivateKey('ecdsa-p256');
    const csr = derToPem(await createCsr(privateKey), 'CERTIFICATE REQUEST');
    const predecessor = kept.svid && !kept.revoked ? kept.svid.serial : undefined;
    const issued = await this.authority.sign({ spiffeId, csr, ...(predecessor && { predecessor }) });
    const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    const svid = svidOf(spiffeId, spki, privateKey, issued);
    await this.files.write(svid);
    if (kept.svid) await this.#untilCovered(svid);
    this.#signed.inc({ result: 'issued' });
    kept.svid = svid;
    kept.revoked = false;
    if (this.#kept.get(spiffeId) === kept) this.#changes.tell();
  }

  /** Peers refuse a certificate whose issuer's CRL they have not; they get it as we do. */
  async #untilCovered(svid: Svid): Promise<void> {
    const isCovered = (): boolean => {
      const { state } = this.trust;
      return !state || covers(state, svid.chain, this.clock.now());
    };
    if (isCovered()) return;
    await new Promise<void>((resolve) => {
      const unsubscribe = this.trust.onChange(() => isCovered() && done());
      const timer = setTimeout(done, COVER_MS);
      function done(): void {
        unsubscribe();
        clearTimeout(timer);
        resolve();
      }
    });
    if (!isCovered()) this.#logger.warn(`no CRL of the issuer of ${svid.spiffeId}’s new certificate has come`);
  }

  #failed(spiffeId: string, error: unknown, failures: number): void {
    this.#signed.inc({ result: codeOf(error) });
    const svid = this.#kept.get(spiffeId)?.svid;
    const until = svid ? `the one there is good until ${svid.notAfter.toISOString()}` : 'there is none';
    const text = `no certificate for ${spiffeId}: ${codeOf(error)}, ${String((error as Error).message)}; ${until}`;
    // Every failure is counted; the log hears of the first and then of ever fewer.
    if ((failures & (failures - 1)) === 0) this.#logger.warn(`${text} (failure ${failures} in a row)`);
  }
}
