import { Metrics } from '@cartulary/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Admission } from './admission.js';

describe('Admission', () => {
  let admission: Admission;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    admission = new Admission();
  });
  afterEach(() => vi.useRealTimers());
  const taking = (ms: number) => admission.run(() => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  /** As many at once as are let in, each taking so long. */
  const round = async (ms: number): Promise<number> => {
    const admitted: Promise<void>[] = [];
    while (admission.underWay < admission.limit) admitted.push(taking(ms));
    await vi.advanceTimersByTimeAsync(ms);
    await Promise.all(admitted);
    return admitted.length;
  };

  it('refuses at once what would only wait, and lets in as many as have left', async () => {
    const first = admission.limit;
    const admitted = Array.from({ length: first }, () => taking(50));
    await expect(taking(50)).rejects.toMatchObject({ code: 'ISSUANCE_OVERLOADED' });
    expect(admission.refusal()).toMatchObject({ code: 'ISSUANCE_OVERLOADED' });
    await vi.advanceTimersByTimeAsync(50);
    await Promise.all(admitted);
    expect(admission.underWay).toBe(0);
    expect(admission.refusal()).toBeUndefined();
  });

  it('gives places back that failed', async () => {
    await expect(admission.run(() => Promise.reject(new Error('no')), 64)).rejects.toThrow('no');
    expect(admission.underWay).toBe(0);
  });

  it('lets a batch in while anything fits, and then nothing', async () => {
    const batches = Array.from({ length: admission.limit / 64 }, () =>
      admission.run(() => new Promise(() => undefined), 64),
    );
    expect(batches).toHaveLength(8);
    await expect(taking(1)).rejects.toMatchObject({ code: 'ISSUANCE_OVERLOADED' });
  });

  it('shrinks while issuances are slow, down to its least, and grows again when they are quick', async () => {
    for (let rounds = 0; rounds < 3; rounds++) await round(400);
    const least = admission.limit;
    expect(least).toBe(256);
    for (let rounds = 0; rounds < 3; rounds++) await round(20);
    expect(admission.limit).toBeGreaterThan(least);
  });

  it('stays as it is while nobody meets it', async () => {
    const { limit } = admission;
    for (let count = 0; count < 300; count++) {
      const one = taking(1);
      await vi.advanceTimersByTimeAsync(1);
      await one;
    }
    expect(admission.limit).toBe(limit);
  });

  it('is shown in metrics', async () => {
    const metrics = new Metrics({ process: false });
    admission = new Admission(metrics);
    const admitted = Array.from({ length: admission.limit }, () => taking(1));
    admission.refusal();
    const shown = await metrics.render();
    expect(shown).toContain(`cartulary_issuance_limit ${admission.limit}\n`);
    expect(shown).toContain(`cartulary_issuance_under_way ${admission.limit}\n`);
    expect(shown).toContain('cartulary_issuance_refused_total 1\n');
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all(admitted);
  });
});
