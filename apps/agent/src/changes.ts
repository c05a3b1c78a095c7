/** Who wants to hear that something has changed. A listener that throws is a mistake of its own. */
export class Changes {
  readonly #listeners = new Set<() => void>();

  /** Gives what ends it. */
  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
