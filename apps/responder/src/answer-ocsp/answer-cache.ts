/** Least recently used first out, bounded by the octets that its entries hold. */
export class AnswerCache<Entry> {
  readonly #entries = new Map<string, Entry>();
  #octets = 0;

  constructor(
    private readonly maxOctets: number,
    private readonly octetsOf: (entry: Entry, key: string) => number,
  ) {}

  get octets(): number {
    return this.#octets;
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // A Map keeps the order of insertion: what was used last stands last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(key: string, entry: Entry): void {
    this.delete(key);
    this.#entries.set(key, entry);
    this.#octets += this.octetsOf(entry, key);
    for (const oldest of this.#entries.keys()) {
      if (this.#octets <= this.maxOctets) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#octets -= this.octetsOf(entry, key);
    this.#entries.delete(key);
  }
}
