import { backoff, type Clock } from '@cartulary/runtime';
import type { IssuedCertificate } from '../authority/authority.js';
import { longestPause, renewalTime } from './renewal-time.js';

export interface RenewalOptions {
  readonly clock: Clock;
  /** Undefined: there is none yet, one is got at once. */
  current(): IssuedCertificate | undefined;
  /** Gets the next one and keeps it. */
  renew(): Promise<void>;
  /** Every failure, with the number of those in a row. */
  onFailure?(error: unknown, failures: number): void;
  readonly random?: () => number;
}

// A timer takes 32 bits of milliseconds, and a machine that slept has to look again before long.
const LONGEST_SLEEP_MS = 60_000;

/** Keeps one certificate from ending: renews in its window, and tries on with growing pauses while the CA is away. */
export class Renewal {
  readonly #stop = new AbortController();
  readonly #random: () => number;
  #dueAt: Date | undefined;
  #failingSince: Date | undefined;
  #failures = 0;
  #woken: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(private readonly options: RenewalOptions) {
    this.#random = options.random ?? Math.random;
  }

  /** Since when the CA has not done what it was asked. */
  get failingSince(): Date | undefined {
    return this.#failingSince;
  }

  get dueAt(): Date | undefined {
    return this.#dueAt;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#woken?.();
    await this.#running;
  }

  /** No later than at `date`. */
  renewBy(date: Date): void {
    if (this.#dueAt && this.#dueAt <= date) return;
    this.#dueAt = date;
    this.#woken?.();
  }

  async #run(): Promise<void> {
    const { clock, current, renew, onFailure } = this.options;
    const pause = backoff({ minMs: 500, maxMs: 60_000, jitter: 0.5, random: this.#random });
    this.#plan();
    while (!this.#stop.signal.aborted) {
      const wait = (this.#dueAt?.getTime() ?? 0) - clock.now().getTime();
      if (wait > 0) {
        await this.#sleep(Math.min(wait, LONGEST_SLEEP_MS));
        continue;
      }
      try {
        await renew();
        this.#failingSince = undefined;
        this.#failures = 0;
        pause.reset();
        this.#plan();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#failingSince ??= clock.now();
        this.#failures += 1;
        onFailure?.(error, this.#failures);
        const left = (current()?.notAfter.getTime() ?? 0) - clock.now().getTime();
        const next = Math.min(pause.next(), longestPause(left) * (0.5 + this.#random() / 2));
        await this.#sleep(next);
      }
    }
  }

  #plan(): void {
    const certificate = this.options.current();
    const now = this.options.clock.now();
    this.#dueAt = certificate ? renewalTime(certificate, now, this.#random()) : now;
  }

  #sleep(ms: number): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
      this.#woken = done;
    });
  }
}
