import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { InMemoryLedger } from '@cartulary/ledger/testing';
import { FixedClock, Health, Metrics } from '@cartulary/runtime';
import { issued } from '../testing/events.fixture.spec.js';
import { Progress } from './progress.js';
import { ProjectionWatch } from './projection-watch.js';
import { Generations } from './generations.js';

let ledger: InMemoryLedger;
let progress: Progress;
let clock: FixedClock;
let metrics: Metrics;
let watch: ProjectionWatch;

const append = (n: number) => {
  const { stream, type, data } = issued(n);
  return ledger.append({
    expectations: [{ stream, version: 0 }],
    events: [{ stream, type, data }],
    actor: { id: 'token/test', credential: 'system' },
    correlationId: randomUUID(),
    recordedAt: '2026-11-22T12:00:00.000Z',
  });
};

beforeEach(() => {
  ledger = new InMemoryLedger();
  progress = new Progress(new Generations({ query: () => Promise.resolve([]) }));
  clock = new FixedClock('2026-11-22T12:00:00Z');
  metrics = new Metrics({ process: false });
  watch = new ProjectionWatch(ledger, progress, clock, metrics, new Health());
});

describe('the watch over the projection', () => {
  it('says where it is', async () => {
    await append(1);
    await append(2);
    progress.handled(1);
    expect(await watch.check()).toBe('at position 1, 1 events behind');
    expect(await metrics.render()).toContain('cartulary_inventory_lag_events 1');
  });

  it('is at ease while the projection moves, however far it is behind', async () => {
    for (const n of [1, 2, 3]) await append(n);
    for (const position of [0, 1, 2]) {
      progress.handled(position);
      await watch.check();
      clock.advance(50_000);
    }
    await expect(watch.check()).resolves.toContain('1 events behind');
  });

  it('is not ready once the projection has stood still for a minute, and is again when it moves', async () => {
    await append(1);
    await watch.check();
    clock.advance(59_999);
    await watch.check();
    clock.advance(1);
    await expect(watch.check()).rejects.toMatchObject({ code: 'PROJECTION_STALLED' });
    progress.handled(1);
    await expect(watch.check()).resolves.toContain('0 events behind');
  });

  it('does not count idleness as standing still', async () => {
    await append(1);
    progress.handled(1);
    await watch.check();
    clock.advance(3_600_000);
    await append(2);
    await expect(watch.check()).resolves.toContain('1 events behind');
  });
});
