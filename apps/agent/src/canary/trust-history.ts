/** Numbers of CRLs by their issuers' ids. */
export type Numbers = ReadonlyMap<string, bigint>;

const REMEMBERED = 64;

/**
 * The states that proxies were given, the newest last, as the numbers of their CRLs. A proxy takes up a state as a whole:
 * who refuses a canary of one CRL has in use the first state that had this CRL, or a later one, and so that state's others.
 */
export class TrustHistory {
  readonly #states: Numbers[] = [];

  add(numbers: Numbers): void {
    this.#states.push(numbers);
    if (this.#states.length > REMEMBERED) this.#states.shift();
  }

  /** What a refused canary proves: its own CRL, and what came no later. */
  provenBy(issuerId: string, number: bigint): Numbers {
    const has = (state: Numbers): boolean => (state.get(issuerId) ?? -1n) >= number;
    const first = this.#states.findIndex(has);
    // What was there before the first that is remembered, a proxy may still use the other CRLs of.
    const others = first > 0 ? this.#states[first]! : new Map<string, bigint>();
    return new Map([...others, [issuerId, number]]);
  }
}
