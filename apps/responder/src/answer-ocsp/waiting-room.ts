interface Waiter {
  readonly done: () => boolean;
  readonly leave: () => void;
}

/** Where requests wait for news: no more than `capacity` of them, and none for ever. */
export class WaitingRoom {
  readonly #waiters = new Set<Waiter>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.#waiters.size;
  }

  /** Resolves when `done` says so at a `look`, or after `ms`; at once when it is so already or the room is full. */
  async wait(done: () => boolean, ms: number): Promise<void> {
    if (done() || this.#waiters.size >= this.capacity) return;
    await new Promise<void>((resolve) => {
      const leave = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve();
      };
      const timer = setTimeout(leave, ms);
      const waiter: Waiter = { done, leave };
      this.#waiters.add(waiter);
    });
  }

  /** There may be news. */
  look(): void {
    for (const waiter of this.#waiters) if (waiter.done()) waiter.leave();
  }
}
