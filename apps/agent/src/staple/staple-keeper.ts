import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, Metrics } from '@cartulary/runtime';
import { describeCertificate } from '@cartulary/x509';
import { Changes } from '../changes.js';
import { AGENT_CONFIG, type AgentConfig } from '../configuration/agent-configuration.js';
import { Gate } from '../workloads/gate.js';
import type { Svid } from '../workloads/svid.js';
import { SvidKeeper } from '../workloads/svid-keeper.js';
import { askResponder } from './ask-responder.js';
import { Stapling, type StapledSvid } from './stapling.js';

const AT_ONCE = 8;

/** OCSP answers about the node's certificates, for proxies to staple; only where `agentStaples` says so. */
@Injectable()
export class StapleKeeper implements OnApplicationShutdown {
  readonly #logger = new Logger(StapleKeeper.name);
  readonly #staplings = new Map<string, Stapling>();
  /** Of which no responder is known. */
  readonly #without = new WeakSet<Svid>();
  readonly #changes = new Changes();
  readonly #gate = new Gate(AT_ONCE);
  readonly #answers;
  readonly #gauge;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly svids: SvidKeeper,
    private readonly clock: Clock,
    @Inject(AGENT_CONFIG) private readonly config: AgentConfig,
    metrics: Metrics,
  ) {
    this.#answers = metrics.counter('agent_staple_answers_total', {
      help: 'OCSP answers asked for, by what became of it',
      labels: ['result'],
    });
    this.#gauge = metrics.gauge('agent_staples', { help: 'Certificates with a good OCSP answer' });
  }

  start(): void {
    if (!this.config.agentStaples) return;
    this.#unsubscribe = this.svids.onChange(() => this.#reconcile());
    this.#reconcile();
  }

  onApplicationShutdown(): void {
    this.#unsubscribe?.();
    for (const stapling of this.#staplings.values()) stapling.stop();
  }

  onChange(listener: () => void): () => void {
    return this.#changes.on(listener);
  }

  /** False: its first answer is under way. */
  isSettled(svid: Svid): boolean {
    const stapling = this.#of(svid);
    return stapling?.settled ?? true;
  }

  /** Undefined: there is no good answer about it. */
  find(svid: Svid): StapledSvid | undefined {
    return this.#of(svid)?.stapled;
  }

  #of(svid: Svid): Stapling | undefined {
    // Who asks may have heard of the certificate sooner than this.
    if (this.#unsubscribe) this.#keep(svid);
    return this.#staplings.get(svid.spiffeId);
  }

  #reconcile(): void {
    const all = this.svids.all();
    for (const [spiffeId, stapling] of this.#staplings) {
      if (all.some((each) => each.spiffeId === spiffeId)) continue;
      stapling.stop();
      this.#staplings.delete(spiffeId);
    }
    for (const { svid } of all) if (svid) this.#keep(svid);
    this.#measure();
  }

  #keep(svid: Svid): void {
    const { spiffeId } = svid;
    const before = this.#staplings.get(spiffeId);
    if (before?.svid === svid || this.#without.has(svid)) return;
    before?.stop();
    this.#staplings.delete(spiffeId);
    const url = this.config.agentResponder ?? responderOf(svid);
    if (url === undefined || svid.chain.length < 2) return void this.#without.add(svid);
    const stapling = new Stapling(svid, {
      clock: this.clock,
      ask: (request, stop) => this.#gate.pass(() => askResponder(url, request, stop)),
      onChange: () => {
        this.#measure();
        this.#changes.tell();
      },
      onAnswer: (error, failures) => {
        this.#answers.inc({ result: error?.code ?? 'good' });
        // Every failure is counted; the log hears of the first and then of ever fewer.
        if (!error || (failures & (failures - 1)) !== 0) return;
        this.#logger.warn(`no staple for ${spiffeId}: ${error.code}, ${error.message} (failure ${failures} in a row)`);
      },
    });
    this.#staplings.set(spiffeId, stapling);
    stapling.start();
  }

  #measure(): void {
    this.#gauge.set([...this.#staplings.values()].filter(({ stapled }) => stapled).length);
  }
}

/** The first that the certificate names and that is asked by HTTP. */
const responderOf = ({ chain: [leaf] }: Svid): string | undefined =>
  leaf && describeCertificate(leaf).ocspUrls.find((url) => /^https?:\/\//i.test(url));
