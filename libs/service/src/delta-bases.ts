/** At least so far apart, in milliseconds: a CRL may follow another within milliseconds. */
const APART = 60_000;
/** How late may be asked, in milliseconds. */
const SLACK = 3_600_000;

interface Base {
  readonly number: number;
  /** Milliseconds. */
  readonly nextUpdate: number;
}

/**
 * The complete CRLs of an issuer that a delta may build on. Its base is the oldest that anyone may still use, so that a
 * delta serves whoever has a CRL that has not ended.
 */
export class DeltaBases {
  readonly #bases: Base[] = [];

  /** In the order of numbers. */
  add(number: number, nextUpdate: Date, now: Date): void {
    const next = { number, nextUpdate: nextUpdate.getTime() };
    const last = this.#bases.at(-1);
    if (!last || next.nextUpdate - last.nextUpdate >= APART) this.#bases.push(next);
    while (this.#bases.length > 1 && this.#bases[1]!.nextUpdate <= now.getTime() - SLACK) this.#bases.shift();
  }

  /** The number; undefined before the first CRL. `now`: by the slowest clock that counts. */
  at(now: Date): number | undefined {
    // Those left out between two end before the later one of them does.
    const index = this.#bases.findIndex((_, at) => (this.#bases[at + 1]?.nextUpdate ?? Infinity) > now.getTime());
    return this.#bases[index]?.number;
  }
}
