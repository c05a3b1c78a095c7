import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { backoff, retry } from './backoff.js';
import { every } from './every.js';

const never = (error: unknown): never => {
  throw error;
};

describe('every', () => {
  it('repeats, and never overlaps however slow a run is', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    const task = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await sleep(5);
      running -= 1;
      runs += 1;
    };
    const repetition = every(1, task, { onError: never });
    await expect.poll(() => runs).toBeGreaterThan(3);
    repetition.wake();
    repetition.wake();
    await repetition.stop();
    expect(most).toBe(1);
    expect(running).toBe(0);
    const after = runs;
    await sleep(20);
    expect(runs).toBe(after);
  });

  it('goes on after an error and reports it', async () => {
    const errors: unknown[] = [];
    const task = (): void => {
      throw new Error('once more');
    };
    const repetition = every(1, task, { onError: (error) => errors.push(error) });
    await expect.poll(() => errors.length).toBeGreaterThan(2);
    await repetition.stop();
  });

  it('runs now when woken, and once more when woken during a run', async () => {
    let runs = 0;
    const task = async (): Promise<void> => {
      runs += 1;
      await sleep(10);
    };
    const repetition = every(60_000, task, { onError: never });
    await sleep(5);
    expect(runs).toBe(0);
    repetition.wake();
    await expect.poll(() => runs).toBe(1);
    repetition.wake();
    repetition.wake();
    await expect.poll(() => runs).toBe(2);
    await sleep(30);
    expect(runs).toBe(2);
    await repetition.stop();
  });

  it('stops with its signal, also before the first run, and tells the task', async () => {
    const abort = new AbortController();
    let seen: AbortSignal | undefined;
    every(1, (signal) => void (seen = signal), { onError: never, signal: abort.signal, immediately: true });
    await expect.poll(() => seen).toBeDefined();
    abort.abort();
    expect(seen?.aborted).toBe(true);
    let runs = 0;
    const repetition = every(1, () => void runs++, { onError: never, signal: AbortSignal.abort(), immediately: true });
    repetition.wake();
    await sleep(10);
    expect(runs).toBe(0);
  });
});

describe('backoff', () => {
  it('waits longer each time, up to a limit, until reset', () => {
    const pause = backoff({ minMs: 10, maxMs: 50, jitter: 0 });
    expect([pause.next(), pause.next(), pause.next(), pause.next()]).toEqual([10, 20, 40, 50]);
    pause.reset();
    expect(pause.next()).toBe(10);
  });

  it('leaves part of each wait to chance', () => {
    expect(backoff({ minMs: 100, jitter: 0.5, random: () => 1 }).next()).toBe(50);
  });

  it('ends its wait with the signal', async () => {
    await expect(backoff({ minMs: 60_000 }).wait(AbortSignal.timeout(5))).rejects.toThrow();
  });
});

describe('retry', () => {
  const failing = (times: number) => async (attempt: number) => {
    if (attempt <= times) throw new Error(`attempt ${attempt}`);
    return attempt;
  };

  it('gives the first success', async () => {
    expect(await retry(failing(2), { attempts: 3, minMs: 1 })).toBe(3);
  });

  it('gives the last error after the last attempt', async () => {
    await expect(retry(failing(9), { attempts: 3, minMs: 1 })).rejects.toThrow('attempt 3');
  });

  it('gives up at once on an error that will not go away', async () => {
    await expect(retry(failing(9), { attempts: 3, minMs: 1, retryable: () => false })).rejects.toThrow('attempt 1');
  });
});
