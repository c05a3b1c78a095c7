import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerConflictError, LedgerOverloadedError, LedgerUnavailableError } from '@cartulary/ledger';
import { TransientError } from '../errors.js';

export interface RetryOptions {
  /** Attempts at an event before it is set aside; transient errors don't count. */
  readonly attempts: number;
  /** Milliseconds; doubled from one pause to the next. */
  readonly firstPause: number;
  readonly longestPause: number;
}

export const DEFAULT_RETRY: RetryOptions = { attempts: 5, firstPause: 100, longestPause: 5_000 };

const TRANSIENT = [TransientError, LedgerUnavailableError, LedgerOverloadedError, LedgerConflictError];

/** Whether the moment is wrong and not the event. */
export const isTransient = (error: unknown): boolean => TRANSIENT.some((type) => error instanceof type);

/** Waits longer each time; ends early (without an error) with the signal. */
export class BackOff {
  private failures = 0;
  constructor(
    private readonly options: RetryOptions,
    private readonly signal: AbortSignal,
  ) {}

  async pause(): Promise<void> {
    const longest = Math.min(this.options.longestPause, this.options.firstPause * 2 ** this.failures++);
    await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal: this.signal }).catch(() => undefined);
  }

  reset(): void {
    this.failures = 0;
  }
}
