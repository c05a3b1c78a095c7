import type { ProvableListener } from './listeners.js';
import type { Verdict } from './verdict.js';

/** A listener has so long to take up a CRL that its proxy has confirmed, before a canary let in is an alarm. */
export const PATIENCE_MS = 3_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 15_000;

export interface Step {
  /** `enforced` ends it; undefined: there is nothing to say, or it was said. */
  readonly said?: 'enforced' | 'canary-accepted';
  /** Until the next try, where there is one. */
  readonly pause?: number;
}

/** How one listener is tried with the canaries of one issuer. Times are milliseconds of a clock that is never set. */
export class Trial {
  running = false;
  /** Ends a pause. */
  wake: (() => void) | undefined;
  /** Which of several good certificates to show. */
  good = 0;
  #number = -1n;
  #tries = 0;
  #acceptingSince: number | undefined;
  #alarmed = -1n;

  constructor(
    readonly listener: ProvableListener,
    readonly issuerId: string,
  ) {}

  /** It was seen to let canaries in for longer than it may. */
  get isAlarming(): boolean {
    return this.#acceptingSince !== undefined && this.#alarmed >= 0n;
  }

  /** Of another canary than before: tries are counted anew. */
  begin(number: bigint): void {
    if (number === this.#number) return;
    this.#number = number;
    this.#tries = 0;
  }

  note(verdict: Verdict, now: number): Step {
    if (verdict === 'enforced') {
      this.#acceptingSince = undefined;
      this.#alarmed = -1n;
      return { said: 'enforced' };
    }
    this.#tries += 1;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.#tries - 1), LONGEST_PAUSE_MS);
    if (verdict === 'unclear') return { pause };
    this.#acceptingSince ??= now;
    if (now - this.#acceptingSince < PATIENCE_MS || this.#alarmed === this.#number) return { pause };
    this.#alarmed = this.#number;
    return { said: 'canary-accepted', pause };
  }
}
