import { Injectable, Logger } from '@nestjs/common';
import { Clock, Metrics } from '@cartulary/runtime';
import type { HeldNumber, ReceivedCrl, TrustChange } from '../authority/authority.js';
import { codeOf } from '../authority/errors.js';
import { Changes } from '../changes.js';
import { checkBundle } from './check-bundle.js';
import { type CheckedCrl, checkCrl } from './check-crl.js';
import { TrustRefusedError } from './errors.js';
import { authoritiesOf, type TrustState, trustState } from './trust-state.js';

/**
 * The last good trust. What is refused changes nothing: for each CA the CRL before it stays in use, and the others'
 * revocations go on.
 */
@Injectable()
export class TrustStore {
  readonly #logger = new Logger(TrustStore.name);
  readonly #changes = new Changes();
  readonly #refused;
  #state: TrustState | undefined;
  #position = 0;
  /** Named by the stream since it began; what is not in a whole state is over. */
  #named = new Set<string>();
  #whole = true;
  /** CRLs whose CA the bundle did not have when they came. */
  readonly #early = new Map<string, ReceivedCrl>();

  constructor(
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#refused = metrics.counter('agent_trust_refused_total', {
      help: 'Bundles and CRLs from the CA that were not fit for proxies',
      labels: ['code'],
    });
  }

  get state(): TrustState | undefined {
    return this.#state;
  }

  get position(): number {
    return this.#position;
  }

  onChange(listener: () => void): () => void {
    return this.#changes.on(listener);
  }

  held(): readonly HeldNumber[] {
    return (this.#state?.crls ?? []).map(({ issuerId, number }) => ({ issuerId, number }));
  }

  /** A stream begins: its first messages are the whole state. */
  begin(): void {
    this.#named = new Set();
    this.#whole = false;
  }

  apply(change: TrustChange): void {
    const now = this.clock.now();
    const crls = new Map((this.#state?.crls ?? []).map((crl) => [crl.issuerId, crl]));
    let bundle = this.#state?.bundle;
    if (change.bundle && change.bundle.sequence >= (bundle?.sequence ?? 0)) {
      const received = change.bundle;
      bundle = this.#guarded('bundle', () => checkBundle(received, now)) ?? bundle;
    }
    for (const { issuerId } of change.crls) this.#named.add(issuerId);
    for (const issuerId of change.endedIssuers) {
      crls.delete(issuerId);
      this.#early.delete(issuerId);
    }
    // A whole state from a replica that is behind is no reason to forget anything.
    if (change.complete && !this.#whole && change.position >= this.#position) {
      for (const issuerId of crls.keys()) if (!this.#named.has(issuerId)) crls.delete(issuerId);
    }
    this.#whole ||= change.complete;
    this.#position = Math.max(this.#position, change.position);
    if (!bundle) return void change.crls.forEach((crl) => this.#early.set(crl.issuerId, crl));
    const authorities = authoritiesOf(bundle);
    const received = [...this.#early.values(), ...change.crls];
    this.#early.clear();
    for (const crl of received) this.#take(crl, crls, authorities, now);
    for (const { issuerId, issuer } of [...crls.values()]) {
      if (!authorities.some((authority) => authority.equals(issuer))) crls.delete(issuerId);
    }
    this.#replace(trustState(bundle, crls.values()));
  }

  /** What was kept on disk; whoever comes with a newer one replaces it. */
  restore(state: TrustState, position: number): void {
    if (this.#state) return;
    this.#position = position;
    this.#replace(state);
  }

  #take(crl: ReceivedCrl, crls: Map<string, CheckedCrl>, authorities: readonly Buffer[], now: Date): void {
    const previous = crls.get(crl.issuerId);
    if (crl.der.length === 0 && previous && previous.number >= crl.number) return;
    const checked = this.#guarded(`CRL ${crl.number} of ${crl.issuerId}`, () => {
      try {
        return checkCrl(crl, { authorities, now, ...(previous && { previous }) });
      } catch (error) {
        if (error instanceof TrustRefusedError && error.code === 'CRL_UNKNOWN_ISSUER') {
          this.#early.set(crl.issuerId, crl);
        }
        throw error;
      }
    });
    if (checked) crls.set(checked.issuerId, checked);
  }

  #replace(state: TrustState): void {
    const same = state.version === this.#state?.version && state.bundle.sequence === this.#state.bundle.sequence;
    this.#state = state;
    if (!same) this.#changes.tell();
  }

  #guarded<T>(what: string, check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof TrustRefusedError)) throw error;
      this.#refused.inc({ code: error.code });
      this.#logger.error(`refused ${what}: ${codeOf(error)}, ${error.message}`);
      return undefined;
    }
  }
}
