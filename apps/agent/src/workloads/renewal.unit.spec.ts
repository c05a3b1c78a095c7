import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FixedClock } from '@cartulary/runtime';
import type { IssuedCertificate } from '../authority/authority.js';
import { Renewal } from './renewal.js';
import { longestPause, renewalTime } from './renewal-time.js';

const start = new Date('2026-11-26T12:00:00Z');
const at = (minutes: number): Date => new Date(start.getTime() + minutes * 60_000);
const certificate = (from: Date): IssuedCertificate => ({
  ...{ chain: [], serial: '01', spiffeId: '', notBefore: from, notAfter: new Date(from.getTime() + 3_600_000) },
  renewFrom: new Date(from.getTime() + 30 * 60_000),
  renewUntil: new Date(from.getTime() + 40 * 60_000),
});

describe('when a certificate is renewed', () => {
  it.each([
    [0, 30],
    [0.5, 35],
    [1, 40],
  ])('is a random moment of its window: %d', (random, minutes) => {
    expect(renewalTime(certificate(start), start, random)).toEqual(at(minutes));
  });

  it('is now, when the window is over', () => {
    expect(renewalTime(certificate(start), at(50), 0.5)).toEqual(at(50));
  });

  it('leaves time for many tries', () => {
    expect(longestPause(20 * 60_000)).toBe(60_000);
    expect(longestPause(5 * 60_000)).toBe(15_000);
    expect(longestPause(1_000)).toBe(1_000);
  });
});

describe('a certificate that is kept', () => {
  let clock: FixedClock;
  let held: IssuedCertificate | undefined;
  let tries: number;
  let away: boolean;
  let renewal: Renewal;
  beforeEach(() => {
    vi.useFakeTimers();
    clock = new FixedClock(start);
    [held, tries, away] = [undefined, 0, false];
    renewal = new Renewal({
      clock,
      current: () => held,
      renew: () => {
        tries += 1;
        if (away) return Promise.reject(new Error('the CA is away'));
        held = certificate(clock.now());
        return Promise.resolve();
      },
      random: () => 0.5,
    });
  });
  afterEach(async () => {
    const stopped = renewal.stop();
    await vi.runAllTimersAsync();
    await stopped;
    vi.useRealTimers();
  });

  const pass = async (minutes: number): Promise<void> => {
    for (let second = 0; second < minutes * 60; second++) {
      clock.advance(1_000);
      await vi.advanceTimersByTimeAsync(1_000);
    }
  };

  it('is got at once, and again in its window', async () => {
    renewal.start();
    await pass(1);
    expect(tries).toBe(1);
    await pass(33);
    expect(tries).toBe(1);
    await pass(3);
    expect(tries).toBe(2);
  });

  it('is tried for until the CA is back, and says since when', async () => {
    held = certificate(start);
    away = true;
    renewal.start();
    await pass(36);
    expect(renewal.failingSince!.getTime()).toBeGreaterThanOrEqual(at(35).getTime());
    expect(renewal.failingSince!.getTime()).toBeLessThan(at(36).getTime());
    await pass(22);
    expect(tries).toBeGreaterThan(15);
    away = false;
    await pass(1);
    expect(held.notBefore.getTime()).toBeGreaterThan(at(57).getTime());
    expect(renewal.failingSince).toBeUndefined();
  });

  it('is renewed sooner when that is ordered', async () => {
    held = certificate(start);
    renewal.start();
    await pass(1);
    renewal.renewBy(at(5));
    await pass(5);
    expect(tries).toBe(1);
  });
});
