import { setTimeout as sleep } from 'node:timers/promises';

export interface BackoffOptions {
  readonly minMs?: number;
  readonly maxMs?: number;
  readonly factor?: number;
  /** From 0 to 1: the share of each wait that is left to chance. */
  readonly jitter?: number;
  readonly random?: () => number;
}

export interface Backoff {
  /** The next wait in milliseconds, longer each time. */
  next(): number;
  reset(): void;
  /** Waits; rejects with an AbortError when the signal fires. */
  wait(signal?: AbortSignal): Promise<void>;
}

export const backoff = ({
  minMs = 100,
  maxMs = 30_000,
  factor = 2,
  jitter = 0.3,
  random = Math.random,
}: BackoffOptions = {}): Backoff => {
  let failures = 0;
  const next = (): number => {
    const full = Math.min(maxMs, minMs * factor ** failures);
    failures += 1;
    return full * (1 - jitter * random());
  };
  return {
    next,
    reset: () => void (failures = 0),
    wait: (signal) => sleep(next(), undefined, signal ? { signal } : {}),
  };
};

export interface RetryOptions extends BackoffOptions {
  /** Tries in all, the first included. */
  readonly attempts: number;
  readonly signal?: AbortSignal;
  /** Whether another try could go better; every error can when absent. */
  readonly retryable?: (error: unknown) => boolean;
}

/** The first success, or the last error. */
export const retry = async <T>(
  task: (attempt: number) => Promise<T>,
  { attempts, signal, retryable = () => true, ...options }: RetryOptions,
): Promise<T> => {
  const pause = backoff(options);
  for (let attempt = 1; ; attempt++) {
    try {
      return await task(attempt);
    } catch (error) {
      if (attempt >= attempts || !retryable(error)) throw error;
      await pause.wait(signal);
    }
  }
};
