import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Health } from '../health/health.js';
import { silentLogger } from '../logging/logger.js';
import { runUntilSignalled } from './run-until-signalled.js';
import { Shutdown } from './shutdown.js';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];
  connected = false;
  exit(code: number): void {
    this.exits.push(code);
  }
}

const start = (parts: Record<string, () => Promise<void> | void> = {}, connected = false) => {
  const closed: string[] = [];
  const health = new Health();
  const shutdown = new Shutdown({ logger: silentLogger(), timeoutMs: 100, health });
  for (const [name, close] of Object.entries(parts)) {
    shutdown.register(name, async () => {
      await close();
      closed.push(name);
    });
  }
  const fake = Object.assign(new FakeProcess(), { connected });
  return { closed, health, fake, shutdown, code: runUntilSignalled(shutdown, fake) };
};

describe('runUntilSignalled', () => {
  it.each(['SIGTERM', 'SIGINT'])('closes in reverse order on %s and exits with 0', async (signal) => {
    const { fake, code, closed, health } = start({ database: () => {}, ledger: () => sleep(5), rest: () => {} });
    fake.emit(signal);
    expect(await code).toBe(0);
    expect(closed).toEqual(['rest', 'ledger', 'database']);
    expect(fake.exits).toEqual([0]);
    expect((await health.readiness()).ready).toBe(false);
    expect(fake.eventNames()).toEqual([]);
  });

  it('exits with 1 when a part hangs longer than it may', async () => {
    const { fake, code, closed } = start({ database: () => {}, rest: () => sleep(5_000, undefined, { ref: false }) });
    fake.emit('SIGTERM');
    expect(await code).toBe(1);
    expect(closed).toEqual([]);
  });

  it('closes the other parts when one fails, and exits with 1', async () => {
    const { fake, code, closed } = start({ database: () => {}, rest: () => Promise.reject(new Error('stuck')) });
    fake.emit('SIGTERM');
    expect(await code).toBe(1);
    expect(closed).toEqual(['database']);
  });

  it('exits at once on a second signal', async () => {
    const { fake, code } = start({ rest: () => sleep(20) });
    fake.emit('SIGTERM');
    await sleep(1);
    fake.emit('SIGINT');
    expect(fake.exits).toEqual([130]);
    await code;
  });

  it('closes when its parent is gone', async () => {
    const { fake, code, closed } = start({ rest: () => {} }, true);
    fake.emit('disconnect');
    expect(await code).toBe(0);
    expect(closed).toEqual(['rest']);
  });

  it('closes and exits with 1 on an error that nobody caught', async () => {
    const { fake, code, closed } = start({ rest: () => {} });
    fake.emit('uncaughtException', new Error('oh'));
    expect(await code).toBe(1);
    expect(closed).toEqual(['rest']);
  });
});

describe('Shutdown', () => {
  it('closes once, however often it is asked', async () => {
    const { shutdown, closed } = start({ rest: () => sleep(5) });
    expect(await Promise.all([shutdown.close('a'), shutdown.close('b')])).toEqual([true, true]);
    expect(closed).toEqual(['rest']);
  });
});
