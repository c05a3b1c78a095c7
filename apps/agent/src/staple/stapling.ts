import { backoff, type Clock } from '@cartulary/runtime';
import { buildOcspRequest } from '@cartulary/x509';
import type { Svid } from '../workloads/svid.js';
import { checkStaple, refreshTime, type Staple } from './check-staple.js';
import { StapleError } from './errors.js';

/** A certificate with an answer about it. Never changed, but replaced. */
export interface StapledSvid {
  readonly svid: Svid;
  readonly staple: Staple;
}

export interface StaplingOptions {
  readonly clock: Clock;
  /** What the responder answers. Throws StapleError. */
  ask(request: Buffer, stop: AbortSignal): Promise<Buffer>;
  /** There is another answer, or none any more. */
  onChange(): void;
  /** With the number of failures in a row; undefined: it went well. */
  onAnswer(error: StapleError | undefined, failures: number): void;
  readonly random?: () => number;
}

/** How long a new certificate is held back for its first answer, ms. */
const FIRST_MS = 2_000;
// A timer takes 32 bits of milliseconds, and a machine that slept has to look again before long.
const LONGEST_SLEEP_MS = 60_000;

/** Keeps an answer of the responder for one certificate: asks anew before it ends, and with growing pauses where it gets none. */
export class Stapling {
  readonly #stop = new AbortController();
  readonly #request: Buffer;
  #stapled: StapledSvid | undefined;
  #settled = false;

  constructor(
    readonly svid: Svid,
    private readonly options: StaplingOptions,
  ) {
    this.#request = buildOcspRequest(svid.chain[1]!, [svid.serial]);
  }

  /** The last good one, while it has not ended. */
  get stapled(): StapledSvid | undefined {
    const stapled = this.#stapled;
    return stapled && stapled.staple.nextUpdate > this.options.clock.now() ? stapled : undefined;
  }

  /** The first answer has come, or it has been waited for long enough. */
  get settled(): boolean {
    return this.#settled;
  }

  start(): void {
    const timer = setTimeout(() => this.#settle(), FIRST_MS);
    this.#stop.signal.addEventListener('abort', () => clearTimeout(timer));
    void this.#run().finally(() => clearTimeout(timer));
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { clock, random = Math.random } = this.options;
    const pause = backoff({ minMs: 200, maxMs: 60_000, jitter: 0.5, random });
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      try {
        const staple = checkStaple(await this.options.ask(this.#request, this.#stop.signal), this.svid, clock.now());
        pause.reset();
        failures = 0;
        this.#take({ svid: this.svid, staple });
        this.options.onAnswer(undefined, 0);
        await this.#sleepUntil(refreshTime(staple, clock.now(), random()));
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        failures += 1;
        const known = error instanceof StapleError;
        const failure = known ? error : new StapleError('STAPLE_MALFORMED', String(error), { cause: error });
        this.options.onAnswer(failure, failures);
        // What is revoked is not to be called good any longer, whatever the last answer says.
        if (failure.code === 'STAPLE_REVOKED') this.#take(undefined);
        else this.#settle();
        await this.#sleepUntil(new Date(clock.now().getTime() + pause.next()));
      }
    }
  }

  #take(stapled: StapledSvid | undefined): void {
    if (this.#stop.signal.aborted) return;
    const before = this.#stapled;
    this.#stapled = stapled;
    const isNews = stapled ? !before?.staple.der.equals(stapled.staple.der) : before !== undefined;
    if (isNews || !this.#settled) {
      this.#settled = true;
      this.options.onChange();
    }
  }

  #settle(): void {
    if (this.#settled || this.#stop.signal.aborted) return;
    this.#settled = true;
    this.options.onChange();
  }

  /** And says so when the answer ends meanwhile. */
  async #sleepUntil(date: Date): Promise<void> {
    const { clock, onChange } = this.options;
    for (;;) {
      const now = clock.now().getTime();
      if (this.#stop.signal.aborted || now >= date.getTime()) return;
      if (this.#stapled && !this.stapled) {
        this.#stapled = undefined;
        onChange();
      }
      const end = this.#stapled?.staple.nextUpdate.getTime() ?? Infinity;
      await this.#sleep(Math.min(date.getTime() - now, Math.max(end - now, 1), LONGEST_SLEEP_MS));
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#stop.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#stop.signal.addEventListener('abort', done);
    });
  }
}
