import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again; rejects when it has not come true after so many milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, patience = 60_000): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not happen in time');
    await sleep(10);
  }
}
