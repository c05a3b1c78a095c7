import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Metrics } from '@cartulary/runtime';
import { derChainToPem, privateKeyToPem } from '@cartulary/x509';
import type { ReceivedCanary } from '../authority/authority.js';
import { Deliveries } from '../sds/deliveries.js';
import type { TrustState } from '../trust/trust-state.js';
import { TrustStore } from '../trust/trust-store.js';
import { Gate } from '../workloads/gate.js';
import { SvidKeeper } from '../workloads/svid-keeper.js';
import { handshake, type Shown } from './handshake.js';
import { type HeldCanary, heldCanary, NoCanaryError } from './held-canary.js';
import { ProvableListeners } from './listeners.js';
import { common, heldNumbers, listenerKey, raised } from './proofs.js';
import { Trial } from './trial.js';
import { type Numbers, TrustHistory } from './trust-history.js';
import { type Verdict, verdictOf } from './verdict.js';

/** Trials at once: two handshakes each. */
const AT_ONCE = 4;

const numbersOf = ({ crls }: TrustState): Numbers => new Map(crls.map(({ issuerId, number }) => [issuerId, number]));

/**
 * Tries this node's proxies (DESIGN §6.5): once one has confirmed a CRL, each of its listeners has to refuse the canary that
 * is in it, and to accept a good certificate in the same second. Then, and only then, the listener enforces it.
 */
@Injectable()
export class CanaryTrials implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(CanaryTrials.name);
  readonly #canaries = new Map<string, HeldCanary>();
  readonly #history = new TrustHistory();
  /** By proxy and context of SDS: what was confirmed. */
  readonly #confirmed = new Map<string, Map<string, Numbers>>();
  /** By listener. */
  readonly #delivered = new Map<string, Map<string, bigint>>();
  readonly #proven = new Map<string, Map<string, bigint>>();
  /** By proxy: what all of its listeners enforce. */
  readonly #enforced = new Map<string, Map<string, bigint>>();
  readonly #trials = new Map<string, Trial>();
  readonly #gate = new Gate(AT_ONCE);
  readonly #counter;
  #ends: readonly (() => void)[] = [];
  #stopped = false;

  constructor(
    private readonly trust: TrustStore,
    private readonly svids: SvidKeeper,
    private readonly deliveries: Deliveries,
    private readonly listeners: ProvableListeners,
    metrics: Metrics,
  ) {
    this.#counter = metrics.counter('agent_canary_trials_total', {
      help: 'Listeners tried with a revoked and a good certificate, by what it showed',
      labels: ['verdict'],
    });
    const gauge = metrics.gauge('agent_canary_listeners', {
      help: 'Listeners by what is known of them: enforcing the newest CRLs, unproven, or accepting revoked certificates',
      labels: ['state'],
    });
    metrics.beforeRender(() => {
      const states = this.listeners.all().map((listener) => this.#stateOf(listenerKey(listener)));
      for (const state of ['enforcing', 'unproven', 'accepting']) {
        gauge.set({ state }, states.filter((each) => each === state).length);
      }
    });
  }

  onApplicationBootstrap(): void {
    this.#ends = [
      this.trust.onChange(() => this.trust.state && this.#history.add(numbersOf(this.trust.state))),
      this.deliveries.onDelivered((proxy, context, trust) => this.#confirm(proxy, context, numbersOf(trust))),
      this.listeners.onChange(() => this.#consider()),
    ];
  }

  onApplicationShutdown(): void {
    this.#stopped = true;
    this.#ends.forEach((end) => end());
    for (const trial of this.#trials.values()) trial.wake?.();
  }

  take(received: ReceivedCanary): void {
    try {
      const canary = heldCanary(received);
      if (canary.number <= (this.#canaries.get(canary.issuerId)?.number ?? -1n)) return;
      this.#canaries.set(canary.issuerId, canary);
    } catch (error) {
      if (!(error instanceof NoCanaryError)) throw error;
      return this.#logger.error(error.message);
    }
    this.#consider();
  }

  #confirm(proxy: string, context: string, numbers: Numbers): void {
    const contexts = this.#confirmed.get(proxy) ?? new Map<string, Numbers>();
    this.#confirmed.set(proxy, contexts.set(context, numbers));
    this.#consider();
  }

  /** Starts what is to be tried and is not: after everything that may be a reason. */
  #consider(): void {
    if (this.#stopped) return;
    const all = this.listeners.all();
    const wanted = new Set(all.map(listenerKey));
    for (const [key, { listener, wake }] of this.#trials) {
      if (wanted.has(listenerKey(listener))) continue;
      this.#trials.delete(key);
      // Should it come back, it may be another process.
      this.#proven.delete(listenerKey(listener));
      wake?.();
    }
    for (const listener of all) {
      const { proxy, context } = listener;
      const key = listenerKey(listener);
      const news = raised(numbersAt(this.#delivered, key), this.#confirmedBy(proxy));
      if (news.size > 0) this.deliveries.say(proxy, context, 'delivered', heldNumbers(news));
      for (const { issuerId, number } of this.#canaries.values()) {
        if (!this.#isDue(key, issuerId, number)) continue;
        const name = `${key} ${issuerId}`;
        const trial = this.#trials.get(name) ?? new Trial(listener, issuerId);
        this.#trials.set(name, trial);
        if (trial.running) trial.wake?.();
        else void this.#run(trial, name);
      }
    }
  }

  #isDue(key: string, issuerId: string, number: bigint): boolean {
    const isProven = (this.#proven.get(key)?.get(issuerId) ?? -1n) >= number;
    return !isProven && (this.#delivered.get(key)?.get(issuerId) ?? -1n) >= number;
  }

  async #run(trial: Trial, name: string): Promise<void> {
    const { listener, issuerId } = trial;
    const key = listenerKey(listener);
    trial.running = true;
    while (!this.#stopped && this.#trials.get(name) === trial) {
      const canary = this.#canaries.get(issuerId);
      if (!canary || !this.#isDue(key, issuerId, canary.number)) break;
      trial.begin(canary.number);
      const verdict = await this.#gate.pass(() => this.#try(trial, canary));
      if (this.#stopped) break;
      this.#counter.inc({ verdict });
      const { said, pause } = trial.note(verdict, performance.now());
      if (said === 'enforced') this.#prove(trial, canary);
      if (said === 'canary-accepted') this.#alarm(trial, canary);
      // Another one may have come meanwhile.
      if (pause !== undefined && this.#canaries.get(issuerId) === canary) await this.#pause(trial, pause);
    }
    trial.running = false;
  }

  async #try(trial: Trial, canary: HeldCanary): Promise<Verdict> {
    const { listener } = trial;
    const { state } = this.trust;
    const good = this.#goodFor(trial);
    if (!state || !good || this.#stopped) return 'unclear';
    const door = { ...listener, anchors: anchorsOf(state) };
    const begun = performance.now();
    const [one, other] = await Promise.all([handshake(door, canary), handshake(door, good)]);
    const verdict = verdictOf(one.outcome, other.outcome, performance.now() - begun);
    // Another of this node's identities may be let in where this one is not.
    if (other.outcome !== 'accepted') trial.good += 1;
    const ends = `canary: ${one.outcome} (${one.detail}), good: ${other.outcome} (${other.detail})`;
    this.#logger.debug(`${listener.context} of ${listener.proxy}: ${verdict}; ${ends}`);
    return verdict;
  }

  /** The workload's own certificate, or any of this node's. */
  #goodFor({ listener: { identity }, good }: Trial): Shown | undefined {
    const identities = identity === undefined ? this.svids.all().map(({ spiffeId }) => spiffeId) : [identity];
    const svids = identities.flatMap((each) => this.svids.find(each) ?? []);
    const svid = svids[good % svids.length];
    return svid && { chain: derChainToPem(svid.chain), privateKey: privateKeyToPem(svid.privateKey) };
  }

  #prove({ listener, issuerId }: Trial, { number }: HeldCanary): void {
    const { proxy, context } = listener;
    const news = raised(numbersAt(this.#proven, listenerKey(listener)), this.#history.provenBy(issuerId, number));
    this.deliveries.say(proxy, context, 'enforced', heldNumbers(news));
    const proven = this.listeners.of(proxy).map((each) => this.#proven.get(listenerKey(each)) ?? new Map());
    const all = raised(numbersAt(this.#enforced, proxy), common(proven));
    if (all.size === 0) return;
    // Its listeners have their trust from there.
    for (const secret of this.#confirmed.get(proxy)?.keys() ?? []) {
      this.deliveries.say(proxy, secret, 'enforced', heldNumbers(all));
    }
  }

  #alarm({ listener, issuerId }: Trial, { number }: HeldCanary): void {
    const { proxy, context } = listener;
    this.#logger.error(`${context} of ${proxy} ACCEPTS A REVOKED CERTIFICATE: it has CRL ${number} of ${issuerId}`);
    this.deliveries.say(proxy, context, 'canary-accepted', [{ issuerId, number }]);
  }

  #confirmedBy(proxy: string): Numbers {
    return common([...(this.#confirmed.get(proxy)?.values() ?? [])]);
  }

  #stateOf(key: string): 'enforcing' | 'unproven' | 'accepting' {
    const trials = [...this.#canaries.keys()].map((issuerId) => this.#trials.get(`${key} ${issuerId}`));
    if (trials.some((trial) => trial?.isAlarming)) return 'accepting';
    const proven = this.#proven.get(key);
    const canaries = [...this.#canaries.values()];
    const all = canaries.every(({ issuerId, number }) => (proven?.get(issuerId) ?? -1n) >= number);
    return all && canaries.length > 0 ? 'enforcing' : 'unproven';
  }

  #pause(trial: Trial, ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        trial.wake = undefined;
        resolve();
      }
      trial.wake = done;
    });
  }
}

const numbersAt = (all: Map<string, Map<string, bigint>>, key: string): Map<string, bigint> => {
  const known = all.get(key) ?? new Map<string, bigint>();
  all.set(key, known);
  return known;
};

const anchors = new WeakMap<object, string>();
const anchorsOf = ({ bundle }: TrustState): string => {
  const pem = anchors.get(bundle) ?? derChainToPem(bundle.anchors);
  anchors.set(bundle, pem);
  return pem;
};
