import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceProcess } from '@cartulary/testing';
import { ControllerScene } from '../support/kubernetes/controller-scene.js';
import { eventually } from '../support/kubernetes/delivered.js';
import { holderOf, watchOver } from '../support/kubernetes/watch-over.js';

const env = { CARTULARY_KUBERNETES_GRACE: '2s' };
let scene: ControllerScene;
let at: ReturnType<typeof watchOver>;
let controllers: readonly [ServiceProcess, ServiceProcess];

const leader = (): Promise<ServiceProcess> =>
  eventually(
    async () => {
      const holder = await at.holder();
      return controllers.find((controller) => controller.running && holder !== '' && holderOf(controller) === holder);
    },
    { what: 'a leader' },
  );

beforeAll(async () => {
  scene = await ControllerScene.start();
  at = watchOver(scene);
  controllers = [await scene.controller('controller-1', env), await scene.controller('controller-2', env)];
}, 300_000);
afterAll(() => scene?.dispose());

describe('two controllers', () => {
  it('share the work by one of them doing it: every account gets one certificate', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `pair-${index}`);
    await Promise.all(names.map((name) => scene.account('pair', name)));
    for (const name of names) await at.settled('pair', name);
    for (const name of names) expect(await at.certificatesOf('pair', name)).toHaveLength(1);
  });

  it('go on where the leader is killed: within the lease’s time, and nothing is issued again', async () => {
    const first = await leader();
    await first.kill();
    const killed = performance.now();
    const second = await leader();
    // The lease of 4 s, a look at it every 0.8 s, and a machine that is busy with other tests.
    expect(performance.now() - killed).toBeLessThan(15_000);
    expect(second).not.toBe(first);
    await scene.account('pair', 'after-the-kill');
    await at.settled('pair', 'after-the-kill');
    for (const name of ['pair-0', 'pair-19']) expect(await at.certificatesOf('pair', name)).toHaveLength(1);
    await first.restart();
  });

  it('hand the lead over at once where the leader is stopped', async () => {
    const first = await leader();
    expect(await first.stop()).toBe(0);
    const second = await leader();
    expect(second).not.toBe(first);
    await first.restart();
  });
});

describe('a restart', () => {
  it('of all controllers reissues nothing', async () => {
    const issued = async () =>
      (await scene.operator.listEvents({ query: { type: 'CertificateIssued', limit: 1000 } })).events.filter(
        ({ actor }) => actor.id.endsWith('/controller'),
      ).length;
    const before = await issued();
    for (const controller of controllers) await controller.stop();
    for (const controller of controllers) await controller.restart();
    await scene.account('pair', 'after-the-restart');
    await at.settled('pair', 'after-the-restart');
    expect(await issued()).toBe(before + 1);
  });
});

describe('the API server', () => {
  it('may be killed and come back', async () => {
    await scene.kubernetes.killApiServer();
    await scene.kubernetes.startApiServer();
    await scene.account('outage', 'after');
    await at.settled('outage', 'after');
  });

  it('may have forgotten what the watches were at (410)', async () => {
    await scene.account('outage', 'before-compaction');
    await at.settled('outage', 'before-compaction');
    await scene.kubernetes.killApiServer();
    await scene.kubernetes.compact();
    await scene.kubernetes.startApiServer();
    await scene.account('outage', 'after-compaction');
    await at.settled('outage', 'after-compaction');
    expect(await at.certificatesOf('outage', 'before-compaction')).toHaveLength(1);
  });
});

describe('a crash', () => {
  const rules = (verbs: readonly string[]) =>
    scene.kubernetes.admin.merge('/apis/rbac.authorization.k8s.io/v1/clusterroles/cartulary-controller', {
      rules: [
        { apiGroups: [''], resources: ['serviceaccounts', 'namespaces'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['secrets'], verbs },
      ],
    });
  const killAll = () => Promise.all(controllers.map((controller) => controller.kill()));
  const restartAll = () => Promise.all(controllers.map((controller) => controller.restart()));

  it('between certificate and Secret loses the key: another is delivered, and the lost one is revoked', async () => {
    await rules(['get', 'list', 'watch']);
    await scene.account('crash', 'undelivered');
    const [lost] = await eventually(async () => {
      const issued = await at.certificatesOf('crash', 'undelivered');
      return issued.length > 0 && issued;
    });
    // Refused again and again, it is asked for once.
    await eventually(async () => (await leader()).log().includes('crash/undelivered'));
    expect(await at.certificatesOf('crash', 'undelivered')).toHaveLength(1);
    await killAll();
    await rules(['get', 'list', 'watch', 'create', 'patch', 'delete']);
    await restartAll();
    await at.settled('crash', 'undelivered');
    expect((await at.revocationOf(lost!.serial)).reason).toBe('superseded');
  });

  it('between key and certificate leaves nothing behind', async () => {
    await scene.cartulary.kill();
    await scene.account('crash', 'unasked');
    await eventually(async () => controllers.some((controller) => controller.log().includes('crash/unasked')));
    await killAll();
    await scene.cartulary.restart();
    await restartAll();
    await at.settled('crash', 'unasked');
    expect(await at.certificatesOf('crash', 'unasked')).toHaveLength(1);
  });

  it('of Cartulary is waited out', async () => {
    await scene.cartulary.kill();
    await scene.account('crash', 'patient');
    await scene.cartulary.restart();
    await at.settled('crash', 'patient');
    expect(await at.certificatesOf('crash', 'patient')).toHaveLength(1);
  });
});
