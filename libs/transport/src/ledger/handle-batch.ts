import { type RecordedEvent } from '@cartulary/ledger';
import { BackOff, isTransient, type RetryOptions } from './retry.js';

export interface BatchHandling {
  readonly retry: RetryOptions;
  readonly signal: AbortSignal;
  handle(events: readonly RecordedEvent[]): Promise<void>;
  /** The event can't be handled; it is done with when this resolves. */
  setAside(event: RecordedEvent, reason: string, attempts: number): Promise<void>;
  /** Everything up to this event is done. */
  done(event: RecordedEvent): Promise<void>;
  onTrouble(error: unknown): void;
}

/** The whole batch or, when something in it fails, one event after the other. False: the signal ended it. */
export async function handleBatch(events: readonly RecordedEvent[], handling: BatchHandling): Promise<boolean> {
  const backOff = new BackOff(handling.retry, handling.signal);
  while (!handling.signal.aborted) {
    try {
      await handling.handle(events);
      await handling.done(events.at(-1)!);
      return true;
    } catch (error) {
      if (handling.signal.aborted) return false;
      handling.onTrouble(error);
      if (!isTransient(error)) return oneByOne(events, handling);
    }
    await backOff.pause();
  }
  return false;
}

async function oneByOne(events: readonly RecordedEvent[], handling: BatchHandling): Promise<boolean> {
  for (const event of events) if (!(await handleOne(event, handling))) return false;
  return true;
}

async function handleOne(event: RecordedEvent, handling: BatchHandling): Promise<boolean> {
  const backOff = new BackOff(handling.retry, handling.signal);
  for (let attempts = 0; !handling.signal.aborted;) {
    try {
      await handling.handle([event]);
      await handling.done(event);
      return true;
    } catch (error) {
      if (handling.signal.aborted) return false;
      handling.onTrouble(error);
      if (!isTransient(error) && ++attempts >= handling.retry.attempts) {
        await handling.setAside(event, reasonOf(error), attempts);
        await handling.done(event);
        return true;
      }
    }
    await backOff.pause();
  }
  return false;
}

const REASON_CHARACTERS = 1_000;

// No stack: it is shown to operators and kept.
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, REASON_CHARACTERS);
