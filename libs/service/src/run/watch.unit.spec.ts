import { Metrics, silentLogger } from '@cartulary/runtime';
import type { PoisonEvent } from '@cartulary/transport';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchDeadLetters, watchRelay } from './watch.js';

describe('what is watched', () => {
  let metrics: Metrics;
  let stops: (() => unknown)[];
  const watching = () => ({
    metrics,
    logger: silentLogger(),
    shutdown: { register: (_: string, stop: () => unknown) => void stops.push(stop) } as never,
  });
  beforeEach(() => {
    metrics = new Metrics({ process: false });
    stops = [];
  });
  afterEach(() => Promise.all(stops.map((stop) => stop())));

  it('is the relay’s lag, at the one that is active', async () => {
    watchRelay({ active: () => true, lag: () => 7 }, watching());
    await expect.poll(() => metrics.render(), { timeout: 60_000 }).toContain('cartulary_relay_lag_events 7');
    expect(await metrics.render()).toContain('cartulary_relay_active 1');
  });

  it('is not the lag of a standby, which knows of none', async () => {
    watchRelay({ active: () => false, lag: () => 7 }, watching());
    await expect.poll(() => metrics.render(), { timeout: 60_000 }).toContain('cartulary_relay_lag_events 0');
  });

  it('is what every group has set aside, until it is replayed', async () => {
    let poison = [{ group: 'revocation-keys' }, { group: 'revocation-keys' }, { group: 'inventory' }];
    watchDeadLetters({ poisonEvents: () => Promise.resolve(poison as PoisonEvent[]) }, watching(), 20);
    const shown = async () =>
      (await metrics.render()).split('\n').filter((line) => line.startsWith('cartulary_dead_letters{'));
    await expect
      .poll(shown, { timeout: 60_000 })
      .toEqual(['cartulary_dead_letters{group="revocation-keys"} 2', 'cartulary_dead_letters{group="inventory"} 1']);
    poison = [];
    await expect.poll(shown, { timeout: 60_000 }).toEqual([]);
  });
});
