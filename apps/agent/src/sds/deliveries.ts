import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock, Metrics } from '@cartulary/runtime';
import { type Acknowledgement, Authority, type HeldNumber } from '../authority/authority.js';
import type { TrustState } from '../trust/trust-state.js';

const MOST_AT_ONCE = 1_000;
const MOST_WAITING = 10_000;
const PAUSE_MS = 100;

const shortened = (name: string): string => name.slice(0, 128);

/**
 * What proxies have said they got. An ACK means delivered and no more: Envoy acknowledges what it can't read (DESIGN
 * §6.5). The CA hears of it when it can; a report that it does not take is not repeated.
 */
@Injectable()
export class Deliveries implements OnApplicationShutdown {
  readonly #logger = new Logger(Deliveries.name);
  readonly #answers;
  readonly #waiting: Acknowledgement[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<(proxy: string, context: string, trust: TrustState) => void>();

  constructor(
    private readonly authority: Authority,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.#answers = metrics.counter('agent_sds_answers_total', {
      help: 'What proxies answered to secrets',
      labels: ['answer'],
    });
  }

  /** Calls back when a proxy has acknowledged a state of trust; gives what ends that. */
  onDelivered(listener: (proxy: string, context: string, trust: TrustState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** `before` is what the same stream had acknowledged before: only what is new is told. */
  record(
    proxy: string,
    context: string,
    state: Acknowledgement['state'],
    trust: TrustState | undefined,
    before?: TrustState,
  ): void {
    this.#answers.inc({ answer: state });
    const known = new Map((before?.crls ?? []).map(({ issuerId, number }) => [issuerId, number]));
    const crls = (trust?.crls ?? []).filter(({ issuerId, number }) => known.get(issuerId) !== number);
    this.say(proxy, context, state, crls);
    if (trust && state === 'delivered') this.#listeners.forEach((listener) => listener(proxy, context, trust));
  }

  say(proxy: string, context: string, state: Acknowledgement['state'], crls: Iterable<HeldNumber>): void {
    const at = this.clock.now();
    for (const { issuerId, number } of crls) {
      if (this.#waiting.length >= MOST_WAITING) break;
      this.#waiting.push({ issuerId, number, proxy: shortened(proxy), context: shortened(context), state, at });
    }
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => void this.#flush(), PAUSE_MS);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.#timer);
  }

  async #flush(): Promise<void> {
    this.#timer = undefined;
    const some = this.#waiting.splice(0, MOST_AT_ONCE);
    try {
      await this.authority.acknowledge(some);
    } catch (error) {
      this.#logger.debug(`${some.length} deliveries are not told: ${String(error)}`);
    }
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => void this.#flush(), PAUSE_MS);
  }
}
