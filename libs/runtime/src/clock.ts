// The one place that asks the machine for the time; everything else takes a Clock or a `now`.
export abstract class Clock {
  abstract now(): Date;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}

/** Stands still until it is told otherwise: for tests. */
export class FixedClock extends Clock {
  #now: number;

  constructor(now: Date | string) {
    super();
    this.#now = FixedClock.#instant(now);
  }

  now(): Date {
    return new Date(this.#now);
  }

  set(now: Date | string): void {
    this.#now = FixedClock.#instant(now);
  }

  /** Moves by `ms` milliseconds; negative steps back, as clocks of real machines do. */
  advance(ms: number): void {
    this.#now += ms;
  }

  static #instant(now: Date | string): number {
    const instant = new Date(now).getTime();
    if (Number.isNaN(instant)) throw new RangeError(`not a time: ${String(now)}`);
    return instant;
  }
}
