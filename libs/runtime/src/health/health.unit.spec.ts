import { describe, expect, it } from 'vitest';
import { Health } from './health.js';

describe('Health', () => {
  it('is ready when every check passes', async () => {
    const health = new Health();
    health.register('ledger', () => 'position 7');
    health.register('signer', async () => {});
    expect(await health.readiness()).toMatchObject({
      ready: true,
      checks: { ledger: { ok: true, detail: 'position 7' }, signer: { ok: true } },
    });
  });

  it('names what failed by its code and keeps its message to itself', async () => {
    const health = new Health();
    health.register('database', () => {
      throw Object.assign(new Error('connect 10.1.2.3'), { code: 'ECONNREFUSED' });
    });
    health.register('other', () => Promise.reject(new Error('password wrong')));
    const readiness = await health.readiness();
    expect(readiness).toMatchObject({
      ready: false,
      checks: { database: { ok: false, detail: 'ECONNREFUSED' }, other: { ok: false, detail: 'failed' } },
    });
    expect(JSON.stringify(readiness)).not.toMatch(/10\.1|password/);
  });

  it('gives up on a check that hangs, and does not start it again while it does', async () => {
    const health = new Health();
    let started = 0;
    let finish = (): void => {};
    const check = (): Promise<void> => {
      started += 1;
      return new Promise((resolve) => (finish = resolve));
    };
    health.register('stuck', check, { timeoutMs: 20 });
    expect(await health.readiness()).toMatchObject({ checks: { stuck: { ok: false, detail: 'timed out' } } });
    await health.readiness();
    expect(started).toBe(1);
    const third = health.readiness();
    finish();
    expect(await third).toMatchObject({ ready: true });
    void health.readiness();
    await expect.poll(() => started).toBe(2);
    finish();
  });

  it('is not ready once it drains', async () => {
    const health = new Health();
    health.drain();
    expect(await health.readiness()).toMatchObject({ ready: false, checks: { process: { detail: 'shutting down' } } });
  });

  it('forgets a check that is taken away, and has no two by one name', async () => {
    const health = new Health();
    const remove = health.register('database', () => Promise.reject(new Error()));
    expect(() => health.register('database', () => {})).toThrow('database');
    remove();
    expect(await health.readiness()).toEqual({ ready: true, checks: {} });
  });
});
