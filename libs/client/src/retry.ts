import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError, UnexpectedAnswerError, UnreachableError } from './errors.js';

export interface RetryOptions {
  /** Further attempts after the first. */
  readonly retries: number;
  /** The request may be sent again although an earlier one may have been received. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal;
  /** Milliseconds before the first repetition; doubles each time. */
  readonly baseDelay?: number;
}

const MAX_DELAY = 10_000;

/** Milliseconds to wait before the next attempt; undefined: the error is final. */
const delayAfter = (error: unknown, attempt: number, { repeatable, baseDelay = 100 }: RetryOptions) => {
  // Half fixed, half random, so that callers that failed together do not come back together.
  const backoff = Math.min(baseDelay * 2 ** attempt * (0.5 + Math.random() / 2), MAX_DELAY);
  if (error instanceof UnreachableError) {
    if (error.reason === 'untrusted' || error.reason === 'tls' || error.reason === 'unresolved') return undefined;
    return repeatable || !error.sent ? backoff : undefined;
  }
  if (error instanceof ProblemError && repeatable && [409, 429, 502, 503, 504].includes(error.status)) {
    // A 409 without Retry-After is a decision; with it, another writer was faster.
    if (error.retryAfter === undefined) return error.status === 409 ? undefined : backoff;
    return Math.min(Math.max(error.retryAfter * 1_000, backoff), MAX_DELAY);
  }
  // A proxy between that found nobody behind it.
  if (error instanceof UnexpectedAnswerError && repeatable && [502, 503, 504].includes(error.status)) return backoff;
  return undefined;
};

export const withRetries = async <Result>(attempt: () => Promise<Result>, options: RetryOptions): Promise<Result> => {
  for (let count = 0; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      const delay = count < options.retries ? delayAfter(error, count, options) : undefined;
      if (delay === undefined) throw error;
      await sleep(delay, undefined, options.signal ? { signal: options.signal } : {});
    }
  }
};
