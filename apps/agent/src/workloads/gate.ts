/** Lets so many through at once; the others wait their turn. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(private readonly places: number) {}

  async pass<T>(task: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.places) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside += 1;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside -= 1;
    }
  }
}
