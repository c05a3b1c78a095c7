/** Wakes the one who waits; a wake before the wait is not lost. */
export class Wakeup {
  private woken = false;
  private resolve: (() => void) | undefined;

  wake(): void {
    this.woken = true;
    this.resolve?.();
  }

  /** Until woken or the signal; never rejects. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.woken && !signal.aborted) {
      const wake = (): void => this.resolve?.();
      await new Promise<void>((resolve) => {
        this.resolve = resolve;
        signal.addEventListener('abort', wake);
      });
      signal.removeEventListener('abort', wake);
    }
    this.resolve = undefined;
    this.woken = false;
  }
}
