import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceProcess } from '@cartulary/testing';
import { ControllerScene } from '../support/kubernetes/controller-scene.js';
import { eventually } from '../support/kubernetes/delivered.js';

let scene: ControllerScene;
let controller: ServiceProcess;

beforeAll(async () => {
  scene = await ControllerScene.start();
  await scene.account('shop', 'web', { mesh: 'yes' });
  await scene.account('shop', 'plain');
  await scene.account('outside', 'web', { mesh: 'yes' });
  controller = await scene.controller('controller', {
    CARTULARY_KUBERNETES_NAMESPACES: 'shop',
    CARTULARY_KUBERNETES_ACCOUNT_SELECTOR: 'mesh=yes',
    CARTULARY_KUBERNETES_SECRET_FORM: 'tls',
    CARTULARY_KUBERNETES_SECRET_NAME: '{account}-mesh-tls',
    CARTULARY_KUBERNETES_CLUSTER_BUNDLE: 'true',
  });
}, 300_000);
afterAll(() => scene?.dispose());

const secretOf = async (namespace: string, account: string) => {
  const path = `/api/v1/namespaces/${namespace}/secrets/${account}-mesh-tls`;
  const { status, body } = await scene.kubernetes.admin.get(path);
  return status === 200 ? body : undefined;
};

describe('a controller that is told which accounts, and in which form', () => {
  it('writes kubernetes.io/tls, under the name that was configured', async () => {
    const { type, data = {} } = await eventually(() => secretOf('shop', 'web'));
    expect(type).toBe('kubernetes.io/tls');
    expect(Object.keys(data).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
    const leaf = new X509Certificate(Buffer.from(data['tls.crt'] ?? '', 'base64').toString());
    expect(leaf.subjectAltName).toBe('URI:spiffe://cluster.local/ns/shop/sa/web');
    expect(Buffer.from(data['tls.key'] ?? '', 'base64').toString()).toContain('-----BEGIN PRIVATE KEY-----');
  });

  it('leaves accounts without the label, until they have it', async () => {
    // What comes later in the queue is done by then.
    await scene.account('shop', 'later', { mesh: 'yes' });
    await eventually(() => secretOf('shop', 'later'));
    expect(await secretOf('shop', 'plain')).toBeUndefined();
    const path = '/api/v1/namespaces/shop/serviceaccounts/plain';
    await scene.kubernetes.admin.merge(path, { metadata: { labels: { mesh: 'yes' } } });
    await eventually(() => secretOf('shop', 'plain'));
  });

  it('leaves namespaces that were not named', async () => {
    await scene.account('outside', 'later', { mesh: 'yes' });
    await scene.account('shop', 'last', { mesh: 'yes' });
    await eventually(() => secretOf('shop', 'last'));
    expect(await secretOf('outside', 'web')).toBeUndefined();
    expect(await secretOf('outside', 'later')).toBeUndefined();
  });

  it('does without ClusterTrustBundles where the API server has none, and says so once', async () => {
    expect(await scene.metricsOf(controller)).toMatch(/^cartulary_controller_cluster_trust_bundle 0$/m);
    expect(controller.log().match(/the API server has no ClusterTrustBundles/g)).toHaveLength(1);
  });
});
