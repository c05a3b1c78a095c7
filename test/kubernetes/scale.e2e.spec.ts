import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceProcess } from '@cartulary/testing';
import { ControllerScene } from '../support/kubernetes/controller-scene.js';
import { eventually } from '../support/kubernetes/delivered.js';

const accounts = process.env['CARTULARY_FULL'] ? 5_000 : 300;
const patience = { ms: 30 * 60_000 };
let scene: ControllerScene;
let controller: ServiceProcess;

beforeAll(async () => {
  scene = await ControllerScene.start();
  controller = await scene.controller();
}, 300_000);
afterAll(() => scene?.dispose());

const secrets = async () =>
  (await scene.kubernetes.admin.get('/api/v1/namespaces/many/secrets?limit=10000')).body.items ?? [];
const issued = async () => {
  let [count, after] = [0, 0];
  for (;;) {
    const page = await scene.operator.listEvents({ query: { type: 'CertificateIssued', after, limit: 1000 } });
    count += page.events.filter(({ actor }) => actor.id.endsWith('/service/controller')).length;
    if (page.events.length === 0) return count;
    after = page.next;
  }
};
/** Of the process: MiB, and seconds of a core. */
const usage = ({ pid }: ServiceProcess) => {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return { peakMiB: Math.round(Number(peak) / 1024), cpu: (Number(fields[11]) + Number(fields[12])) / 100 };
};
const calls = async (): Promise<string> => {
  const answer = await scene.metricsOf(controller);
  return [...answer.matchAll(/^cartulary_controller_kubernetes_calls_total\{verb="(\w+)",kind="(\w+)"\} (\d+)$/gm)]
    .map(([, verb, kind, count]) => `${verb} ${kind} ${count}`)
    .join(', ');
};

describe(`${accounts} service accounts at once`, () => {
  it('each get one Secret and one certificate, and a restart reissues nothing', { timeout: 60 * 60_000 }, async () => {
    const names = Array.from({ length: accounts }, (_, index) => `account-${index}`);
    await scene.account('many', 'first');
    const start = performance.now();
    const made = async (): Promise<void> => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) await scene.account('many', name);
    };
    await Promise.all(Array.from({ length: 8 }, made));
    const created = performance.now();
    await eventually(async () => (await secrets()).length === accounts + 1, patience);
    const done = performance.now();
    const seconds = (ms: number) => (ms / 1_000).toFixed(1);
    const { peakMiB, cpu } = usage(controller);
    console.log(
      `${accounts} accounts: made in ${seconds(created - start)} s, last Secret ${seconds(done - created)} s later;`,
      `controller ${cpu} s of a core, at most ${peakMiB} MiB; calls: ${await calls()}`,
    );
    expect(await issued()).toBe(accounts + 1);

    const before = new Map((await secrets()).map(({ metadata }) => [metadata?.name, metadata?.resourceVersion]));
    await controller.stop();
    await controller.restart();
    const restarted = performance.now();
    await scene.account('many', 'last');
    await eventually(async () => (await secrets()).length === accounts + 2, patience);
    console.log(`after a restart the next Secret came in ${seconds(performance.now() - restarted)} s`);
    expect(await issued()).toBe(accounts + 2);
    for (const { metadata } of await secrets()) {
      if (metadata?.name !== 'istio.last') expect(metadata?.resourceVersion).toBe(before.get(metadata?.name));
    }
  });
});
