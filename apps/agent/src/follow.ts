import { backoff } from '@cartulary/runtime';

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** How it ended; another try comes after a pause that grows. */
  readonly onEnd: (error: unknown) => void;
  readonly minMs?: number;
  readonly maxMs?: number;
}

/**
 * Opens a stream, and opens it again whenever it ends, until the signal fires. `run` says by `alive` that something has
 * come, which ends the growing of the pauses.
 */
export const follow = async (
  run: (alive: () => void) => Promise<void>,
  { signal, onEnd, minMs = 200, maxMs = 15_000 }: FollowOptions,
): Promise<void> => {
  const pause = backoff({ minMs, maxMs, jitter: 0.5 });
  while (!signal.aborted) {
    try {
      await run(() => pause.reset());
      if (!signal.aborted) onEnd(undefined);
    } catch (error) {
      if (signal.aborted) return;
      onEnd(error);
    }
    await pause.wait(signal).catch(() => undefined);
  }
};
