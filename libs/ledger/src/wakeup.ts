/** Wakes those who wait; a wake between reading `generation` and waiting is not lost. */
export class Wakeup {
  private waiters = new Set<() => void>();
  generation = 0;

  wake(): void {
    this.generation++;
    const woken = this.waiters;
    this.waiters = new Set();
    for (const resolve of woken) resolve();
  }

  /** Until the next wake after generation `seen`, `milliseconds`, or the signal; never rejects. */
  wait(seen: number, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (this.generation !== seen || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done);
      this.waiters.add(done);
    });
  }
}
