import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.js';

const gate = () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};
const quiet = { onError: () => undefined };

describe('the work queue', () => {
  it('takes what has nothing before what has something, each in its order', async () => {
    const done: string[] = [];
    const first = gate();
    const work = async (key: string): Promise<void> => {
      if (key === 'first') await first.opened;
      done.push(key);
    };
    const queue = new WorkQueue({ ...quiet, parallel: 1, work });
    queue.add('first', 1);
    for (const key of ['renewal-1', 'renewal-2']) queue.add(key, 1);
    for (const key of ['new-1', 'new-2', 'renewal-2']) queue.add(key, 0);
    first.open();
    await queue.idle();
    expect(done).toEqual(['first', 'new-1', 'new-2', 'renewal-2', 'renewal-1']);
  });

  it('works at so many keys at once and no more', async () => {
    let [running, most] = [0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    };
    const queue = new WorkQueue({ ...quiet, parallel: 3, work });
    for (let index = 0; index < 20; index++) queue.add(String(index), 1);
    await queue.idle();
    expect(most).toBe(3);
  });

  it('never works at one key twice at once, and once more where it was added meanwhile', async () => {
    const started: number[] = [];
    const gates = [gate(), gate()];
    const work = async (): Promise<void> => {
      started.push(started.length);
      await gates[started.length - 1]?.opened;
    };
    const queue = new WorkQueue({ ...quiet, parallel: 4, work });
    queue.add('key', 1);
    await Promise.resolve();
    for (let index = 0; index < 3; index++) queue.add('key', 1);
    expect(started).toEqual([0]);
    for (const { open } of gates) open();
    await queue.idle();
    expect(started).toEqual([0, 1]);
  });

  it('tries again what fails, later each time, and the others go on', async () => {
    const retries: number[] = [];
    const others: string[] = [];
    const succeeded = gate();
    const work = async (key: string): Promise<void> => {
      if (key === 'other') return void others.push(key);
      if (retries.length < 3) throw new Error('not yet');
      succeeded.open();
    };
    const queue = new WorkQueue({
      ...{ parallel: 1, work, minMs: 4, maxMs: 1_000 },
      onError: (_key, _error, ms) => retries.push(ms),
    });
    queue.add('key', 0);
    queue.add('other', 1);
    await succeeded.opened;
    expect(others).toEqual(['other']);
    expect(retries).toHaveLength(3);
    expect(retries[2]!).toBeGreaterThan(retries[0]!);
  });

  it('remembers the earlier of two times', async () => {
    const worked = gate();
    const queue = new WorkQueue({ ...quiet, parallel: 1, work: async () => worked.open() });
    queue.addAfter('key', 1, 3_600_000_000);
    queue.addAfter('key', 1, 1);
    queue.addAfter('key', 1, 3_600_000);
    await worked.opened;
    await queue.stop();
  });

  it('takes up nothing once it is stopped, and waits for what is under way', async () => {
    const [begun, end] = [gate(), gate()];
    const done: string[] = [];
    const work = async (key: string): Promise<void> => {
      begun.open();
      await end.opened;
      done.push(key);
    };
    const queue = new WorkQueue({ ...quiet, parallel: 1, work });
    queue.add('under way', 1);
    queue.add('waiting', 1);
    await begun.opened;
    const stopped = queue.stop();
    queue.add('late', 0);
    end.open();
    await stopped;
    expect(done).toEqual(['under way']);
  });
});
