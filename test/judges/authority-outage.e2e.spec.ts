import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OutageScene } from '../support/agent/outage-scene.js';
import { Prometheus } from '../support/judges/prometheus.js';

// Both scenes have the same outage: from right after the certificates were issued to a minute before they end. A short life
// has its renewal window early, so that as much happens after it as in a long one.
const full = process.env['CARTULARY_FULL'] === '1';
const LIFE_MS = full ? 720_000 : 180_000;
const LAST_MS = 60_000;
const AFTER_MS = 10_000;
const short = { CARTULARY_RENEWAL_FROM: '20', CARTULARY_RENEWAL_TO: '30' };
const life = { CARTULARY_WORKLOAD_TTL: `${LIFE_MS / 1_000}s`, ...(full ? {} : short) };
// Of those that end in the outage: not set back, or they would be over when they come.
const CRL_MS = 60_000;
const ends = { CARTULARY_CRL_VALIDITY: `${CRL_MS / 1_000}s`, CARTULARY_CLOCK_SKEW: '0' };

type Readiness = Awaited<ReturnType<OutageScene['agent']['readiness']>>;

describe('the CA is away for the whole life of the certificates but its last minute', () => {
  let directory: string;
  let prometheus: Prometheus;
  /** CRLs that outlast the outage, and ones that end in it. */
  let lasting: OutageScene;
  let ending: OutageScene;
  let before: readonly (readonly [string, number])[];
  let downAt: number;
  let backAt: number;
  let over: number;
  const ready = { lasting: [] as Readiness[], ending: [] as Readiness[] };
  const last: Record<string, Readonly<Record<string, number>>> = {};

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'authority-outage-'));
    ending = await OutageScene.start(directory, 'ending', { ...life, ...ends });
    lasting = await OutageScene.start(directory, 'lasting', life);
    prometheus = await Prometheus.start(directory, {
      lasting: lasting.agent.ready.operationsPort,
      ending: ending.agent.ready.operationsPort,
    });
    const scenes = [lasting, ending] as const;
    await vi.waitFor(() => expect(scenes.map((scene) => scene.newest().length)).toEqual([2, 2]), { timeout: 30_000 });
    before = lasting.newest().map(({ serial, notAfter }) => [serial, notAfter] as const);
    await Promise.all(scenes.map(({ world }) => world.service.kill()));
    downAt = Date.now();
    const back = Math.min(...before.map(([, notAfter]) => notAfter)) - LAST_MS;
    while (Date.now() < back - 1_500) {
      ready.lasting.push(await lasting.agent.readiness());
      ready.ending.push(await ending.agent.readiness());
      await sleep(1_000);
    }
    for (const name of ['authority_away_seconds', 'certificate_left_seconds', 'renewal_overdue_seconds'] as const) {
      last[name] = await prometheus.ask(`cartulary_agent_${name}`);
    }
    await sleep(Math.max(0, back - Date.now()));
    await Promise.all(scenes.map(({ world }) => world.service.restart()));
    backAt = Date.now();
    const allEnded = Math.max(...before.map(([, notAfter]) => notAfter)) + AFTER_MS;
    await sleep(Math.max(0, allEnded - Date.now()));
    over = Date.now();
  }, LIFE_MS + 120_000);
  afterAll(async () => {
    await prometheus?.close();
    await lasting?.close();
    await ending?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('no workload lost its certificate: all have another before their own ended', () => {
    for (const [serial, notAfter] of before) {
      const all = [...lasting.certificates.values()].find((each) => each.some((one) => one.serial === serial))!;
      const next = all[all.findIndex((one) => one.serial === serial) + 1]!;
      expect(next.came).toBeGreaterThan(notAfter - LAST_MS);
      expect(next.came).toBeLessThan(notAfter);
      const left = ((notAfter - next.came) / 1_000).toFixed(1);
      console.log(
        `renewed ${((next.came - backAt) / 1_000).toFixed(1)} s after the CA was back, ${left} s before the end`,
      );
    }
  });

  it('not one request failed, before, in the outage and after the old certificates’ end', async () => {
    expect(lasting.failures()).toEqual([]);
    const inside = lasting.asked.filter(({ at }) => at > downAt && at < backAt).length;
    expect(inside).toBeGreaterThan(((backAt - downAt) / 1_000) * 2);
    expect(lasting.asked.at(-1)!.at).toBeGreaterThan(Math.max(...before.map(([, notAfter]) => notAfter)));
    const handshakes = await lasting.handshakes();
    // Each connection serves three requests: there were new ones all the time.
    expect(handshakes).toBeGreaterThan(inside / 4);
    const away = Math.round((backAt - downAt) / 1_000);
    console.log(
      `${away} s away: ${inside} requests meanwhile, ${lasting.asked.length} in all, ${handshakes} handshakes, none failed`,
    );
  });

  it('said so all the time: /readyz with since when, metrics, and the alerts of deploy/prometheus had fired', async () => {
    expect(ready.lasting.every(({ ready: well }) => well)).toBe(true);
    const { checks } = ready.lasting.at(-1)!;
    expect(checks['agent-trust']!.detail).toMatch(/; the CA is away since \d{4}-/);
    expect(checks['agent-certificates']!.detail).toMatch(/^2 certificates, 2 not renewed since \d{4}-/);
    console.log(
      `/readyz before the CA was back: ${checks['agent-trust']!.detail}; ${checks['agent-certificates']!.detail}`,
    );
    console.log(`metrics then: ${JSON.stringify(last)}`);
    expect(last['authority_away_seconds']!['lasting']).toBeGreaterThan((LIFE_MS - LAST_MS) / 1_000 - 20);
    expect(last['certificate_left_seconds']!['lasting']).toBeLessThan(LAST_MS / 1_000 + 10);
    expect(last['renewal_overdue_seconds']!['lasting']).toBeGreaterThan(30);
    const fired = await prometheus.fired('lasting', (backAt - downAt) / 1_000 + LAST_MS / 1_000 + 30);
    expect(fired).toEqual(['CartularyAgentCutOff', 'CartularyAgentRenewalOverdue']);
    // And they are over.
    expect(await prometheus.fired('lasting', 3)).toEqual([]);
    expect((await lasting.agent.readiness()).checks['agent-trust']!.detail).not.toContain('away');
  });

  it('where a CRL ends meanwhile, proxies refuse everybody from then on, until the CA is back', async () => {
    const failed = ending.failures();
    expect(failed.length).toBeGreaterThan(0);
    const first = failed[0]!.at;
    const lastFailed = failed.at(-1)!.at;
    expect(new Set(failed.map(({ status }) => status))).toEqual(new Set([503]));
    // Not before a CRL ended, and over soon after the CA was back.
    expect(first).toBeGreaterThan(downAt);
    expect(first).toBeLessThan(downAt + CRL_MS + 5_000);
    expect(lastFailed).toBeLessThan(backAt + 30_000);
    expect(
      ending.asked.filter(({ at, status }) => at > backAt + 30_000 && at < over && status === 200).length,
    ).toBeGreaterThan(0);
    const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
    console.log(
      `CRLs of ${seconds(CRL_MS)} s: refused from ${seconds(first - downAt)} s after the CA went until ${seconds(lastFailed - backAt)} s after it was back`,
    );
    const bad = ready.ending.find(({ ready: well }) => !well);
    expect(bad?.checks['agent-trust']).toMatchObject({ ok: false });
    console.log(`/readyz then: ${JSON.stringify(bad?.checks['agent-trust'])}`);
    const fired = await prometheus.fired('ending', (backAt - downAt) / 1_000 + LAST_MS / 1_000 + 30);
    expect(fired).toContain('CartularyAgentCrlEnded');
    expect((await ending.agent.readiness()).ready).toBe(true);
  });
});
