import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Progress } from './progress.js';
import { Generations } from './generations.js';

/** A database that knows the position alone, and counts how often it is asked. */
const openGenerations = () => {
  const kept = { position: 0, asked: 0 };
  const query = <Row>(): Promise<Row[]> => {
    kept.asked++;
    return Promise.resolve([{ position: kept.position }] as Row[]);
  };
  return { kept, generations: new Generations({ query }) };
};
const consumer = (position: number, active: boolean) => ({ position: () => position, active: () => active });

describe('progress', () => {
  it('is over at once where this process knows, without asking the database', async () => {
    const { kept, generations } = openGenerations();
    const progress = new Progress(generations);
    progress.handled(5);
    expect(await progress.reach(5)).toBe(5);
    expect(kept.asked).toBe(0);
  });

  it('counts what the consumer passed over or set aside', async () => {
    const progress = new Progress(openGenerations().generations);
    progress.handled(5);
    progress.attach(consumer(7, true));
    expect(await progress.reach(7)).toBe(7);
  });

  it('is read from the database where another process writes', async () => {
    const { kept, generations } = openGenerations();
    const progress = new Progress(generations);
    progress.attach(consumer(3, false));
    const reached = progress.reach(9);
    await sleep(60);
    kept.position = 9;
    expect(await reached).toBe(9);
  });

  it('is woken by the batch that brings it', async () => {
    const progress = new Progress(openGenerations().generations);
    const start = performance.now();
    const reached = progress.reach(2);
    progress.handled(1);
    progress.handled(2);
    expect(await reached).toBe(2);
    expect(performance.now() - start).toBeLessThan(200);
  });

  it('never goes back', async () => {
    const progress = new Progress(openGenerations().generations);
    progress.handled(9);
    progress.handled(4);
    expect(await progress.known()).toBe(9);
  });
});
