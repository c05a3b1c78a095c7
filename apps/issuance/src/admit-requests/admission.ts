import { Injectable, Optional } from '@nestjs/common';
import { Metrics } from '@cartulary/runtime';
import { IssuanceOverloadedError } from './errors.js';

/** Issuances under way at once: never fewer, so that a burst is not refused on a machine that does nothing else … */
const LEAST = 256;
/** … and never more, however fast they are: each holds its request in memory. */
const MOST = 4_096;
const FIRST = 512;
/** Milliseconds that an issuance should take at most. Beyond it, whoever comes waits for those before and not for us. */
const TARGET = 150;
/** Issuances by which the limit is judged. */
const WINDOW = 64;

/**
 * Bounds what is under way, so that overload is refused at once and does not become a queue. The limit follows the
 * time that issuances take (by Little's law it is what the machine does within the target): it grows while they are
 * quick and the limit is met, and shrinks by a fifth as soon as a tenth of a window is slow.
 */
@Injectable()
export class Admission {
  #underWay = 0;
  #limit = FIRST;
  #judged = 0;
  #slow = 0;
  #isMet = false;
  readonly #refused;
  readonly #shown;

  constructor(@Optional() metrics?: Metrics) {
    this.#refused = metrics?.counter('issuance_refused_total', {
      help: 'Issuances refused because too many were under way',
    });
    this.#shown = metrics && {
      limit: metrics.gauge('issuance_limit', { help: 'Issuances that may be under way at once' }),
      underWay: metrics.gauge('issuance_under_way', { help: 'Issuances under way' }),
    };
    this.#shown?.limit.set(FIRST);
  }

  get underWay(): number {
    return this.#underWay;
  }

  get limit(): number {
    return this.#limit;
  }

  /** What a request of these many issuances is refused with, if it is: something is let in while anything fits. */
  refusal(): IssuanceOverloadedError | undefined {
    if (this.#underWay < this.#limit) return undefined;
    this.#isMet = true;
    this.#refused?.inc();
    return new IssuanceOverloadedError(this.#underWay);
  }

  /** Throws IssuanceOverloadedError without having begun. `places`: how many issuances the work does at once. */
  async run<Result>(work: () => Promise<Result>, places = 1): Promise<Result> {
    const refusal = this.refusal();
    if (refusal) throw refusal;
    this.#move(places);
    const since = performance.now();
    try {
      return await work();
    } finally {
      this.#move(-places);
      // A batch takes as long as it is.
      if (places === 1) this.#judge(performance.now() - since);
    }
  }

  #move(places: number): void {
    this.#underWay += places;
    this.#shown?.underWay.set(this.#underWay);
    if (this.#underWay >= this.#limit) this.#isMet = true;
  }

  #judge(ms: number): void {
    if (ms > TARGET) this.#slow++;
    if (++this.#judged < WINDOW) return;
    const limit = this.#limit;
    if (this.#slow * 10 > WINDOW) this.#limit = Math.max(LEAST, Math.floor(limit * 0.8));
    else if (this.#isMet) this.#limit = Math.min(MOST, limit + 16);
    if (this.#limit !== limit) this.#shown?.limit.set(this.#limit);
    this.#judged = this.#slow = 0;
    this.#isMet = false;
  }
}
