import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRequest } from '../support/enrol.js';
import { ControllerScene } from '../support/kubernetes/controller-scene.js';
import { eventually, secretPath } from '../support/kubernetes/delivered.js';
import { watchOver } from '../support/kubernetes/watch-over.js';

let scene: ControllerScene;
let files: string;

let at: ReturnType<typeof watchOver>;
const statusOf = async (serial: string) => (await scene.operator.getCertificate({ params: { serial } })).status;

beforeAll(async () => {
  files = mkdtempSync(join(tmpdir(), 'cartulary-delivery-'));
  scene = await ControllerScene.start();
  at = watchOver(scene);
  await scene.account('shop', 'before');
  await scene.controller('controller', {
    CARTULARY_KUBERNETES_GRACE: '2s',
    CARTULARY_KUBERNETES_REVOKE_DELETED: 'true',
  });
}, 300_000);
afterAll(async () => {
  await scene?.dispose();
  rmSync(files, { recursive: true, force: true });
});

describe('a service account', () => {
  it('that was there before gets a Secret, and one that comes gets one', async () => {
    const uid = await scene.account('shop', 'after');
    const [before, after] = await Promise.all([at.found('shop', 'before'), at.found('shop', 'after')]);
    expect(before.leaf.subjectAltName).toBe('URI:spiffe://cluster.local/ns/shop/sa/before');
    expect(after.leaf.subjectAltName).toBe('URI:spiffe://cluster.local/ns/shop/sa/after');
    expect(after.secret).toMatchObject({
      type: 'istio.io/key-and-cert',
      metadata: { annotations: { 'istio.io/service-account.name': 'after' } },
    });
    expect(after.secret.metadata?.ownerReferences).toEqual([
      { apiVersion: 'v1', kind: 'ServiceAccount', name: 'after', uid },
    ]);
    expect(Object.keys(after.secret.data ?? {}).sort()).toEqual(['cert-chain.pem', 'key.pem', 'root-cert.pem']);
    expect([before.keyFits, after.keyFits]).toEqual([true, true]);
  });

  it('has what OpenSSL verifies, with a key on P-256', async () => {
    const { chain, key, root } = await at.found('shop', 'before');
    for (const [name, text] of Object.entries({ chain, key, root })) writeFileSync(join(files, name), text);
    const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: files, encoding: 'utf8' });
    expect(openssl('verify', '-x509_strict', '-CAfile', 'root', '-untrusted', 'chain', 'chain')).toContain('chain: OK');
    expect(openssl('pkey', '-in', 'key', '-noout', '-text')).toContain('prime256v1');
  });

  it('is in the ledger as the controller’s request', async () => {
    const { serial } = await at.found('shop', 'before');
    const certificate = await scene.operator.getCertificate({ params: { serial } });
    expect(certificate).toMatchObject({
      status: 'active',
      profile: 'workload',
      requester: 'spiffe://cluster.local/cartulary/service/controller',
    });
  });

  it('gets another key at once when its certificate is revoked', async () => {
    await scene.account('shop', 'revoked');
    const first = await at.found('shop', 'revoked');
    await scene.operator.createRevocation({ body: { serial: first.serial, reason: 'keyCompromise' } });
    const second = await at.found('shop', 'revoked', ({ serial }) => serial !== first.serial);
    expect(second.key).not.toBe(first.key);
    expect(second.keyFits).toBe(true);
    expect(await statusOf(second.serial)).toBe('active');
  });

  it('gets another key when a rotation is ordered, and its predecessor is revoked after the grace', async () => {
    await scene.account('rotated', 'web');
    const first = await at.found('rotated', 'web');
    await scene.operator.orderRotation({ body: { namespace: 'rotated', window: '1s' } });
    const second = await at.found('rotated', 'web', ({ serial }) => serial !== first.serial);
    expect(second.key).not.toBe(first.key);
    const view = await scene.operator.getCertificate({ params: { serial: second.serial } });
    expect(view.predecessor).toBe(first.serial);
    const { reason } = await at.revocationOf(first.serial);
    expect(reason).toBe('superseded');
  });

  it('keeps its certificate while that is on hold, and afterwards', async () => {
    await scene.account('shop', 'held');
    const { serial } = await at.found('shop', 'held');
    await scene.operator.createRevocation({ body: { serial, reason: 'certificateHold' } });
    await scene.operator.releaseCertificate({ params: { serial } });
    await scene.account('shop', 'later');
    await at.found('shop', 'later');
    expect((await at.found('shop', 'held')).serial).toBe(serial);
  });

  it('that is deleted has its certificate revoked', async () => {
    await scene.account('shop', 'gone');
    const { serial } = await at.found('shop', 'gone');
    await scene.kubernetes.admin.delete('/api/v1/namespaces/shop/serviceaccounts/gone');
    const { reason } = await at.revocationOf(serial);
    expect(reason).toBe('cessationOfOperation');
  });
});

describe('a Secret', () => {
  const patch = (account: string, body: object) => scene.kubernetes.admin.merge(secretPath('drift', account), body);
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it('that is deleted comes back, with another key', async () => {
    await scene.account('drift', 'deleted');
    const first = await at.found('drift', 'deleted');
    await scene.kubernetes.admin.delete(secretPath('drift', 'deleted'));
    const second = await at.found('drift', 'deleted', ({ serial }) => serial !== first.serial);
    expect(second.keyFits).toBe(true);
  });

  it('gets its chain and its roots back where somebody has changed them, with the same key', async () => {
    await scene.account('drift', 'changed');
    const first = await at.found('drift', 'changed');
    const leafAlone = first.leaf.toString();
    await patch('changed', { data: { 'cert-chain.pem': base64(leafAlone), 'root-cert.pem': base64('nothing') } });
    const mended = await at.found('drift', 'changed', ({ root }) => root === first.root);
    expect(mended).toMatchObject({ serial: first.serial, chain: first.chain, key: first.key });
  });

  it('gets another key where one was put there that is not the certificate’s', async () => {
    const [other, first] = [await at.found('drift', 'deleted'), await at.found('drift', 'changed')];
    await patch('changed', { data: { 'key.pem': base64(other.key) } });
    const second = await at.found('drift', 'changed', ({ serial, keyFits }) => serial !== first.serial && keyFits);
    expect(second.key).not.toBe(other.key);
  });

  it('that has lost our label gets it back, and the account keeps its certificate', async () => {
    await scene.account('drift', 'unlabelled');
    const first = await at.found('drift', 'unlabelled');
    await patch('unlabelled', { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } });
    const labelled = await at.found('drift', 'unlabelled', ({ secret }) => secret.metadata?.labels !== undefined);
    expect(labelled).toMatchObject({ serial: first.serial, key: first.key });
  });

  it('of that name that is somebody else’s stays as it is', async () => {
    const { admin } = scene.kubernetes;
    const body = { metadata: { name: 'istio.taken' }, type: 'Opaque', data: { mine: base64('mine') } };
    await admin.make('/api/v1/namespaces/drift/secrets', body);
    await scene.account('drift', 'taken');
    await scene.account('drift', 'after-taken');
    await at.found('drift', 'after-taken');
    await eventually(async () => {
      const { certificates } = await scene.operator.listCertificates({
        query: { identity: 'spiffe://cluster.local/ns/drift/sa/taken' },
      });
      return certificates.every(({ status }) => status === 'revoked');
    });
    const { body: secret } = await admin.get(secretPath('drift', 'taken'));
    expect(secret).toMatchObject({ type: 'Opaque', data: { mine: base64('mine') } });
  });
});

describe('the controller’s own credential', () => {
  it('gets certificates of accounts and their Services, and nothing else', async () => {
    const controller = scene.asController();
    const { csr } = await makeRequest({ dnsNames: ['bank.example'] });
    const refused = (call: Promise<unknown>) => call.then(() => 'granted').catch(({ code }: { code: string }) => code);
    const system = 'spiffe://cluster.local/cartulary/operator/me';
    try {
      const identity = 'spiffe://cluster.local/ns/shop/sa/web';
      const server = { csr, profile: 'server' } as const;
      expect(await refused(controller.issueCertificate({ body: server }))).toBe('IDENTITY_REQUIRED');
      expect(await refused(controller.issueCertificate({ body: { ...server, identity } }))).toBe('NAME_NOT_ALLOWED');
      const { csr: own } = await makeRequest({ uris: [system] });
      expect(await refused(controller.issueCertificate({ body: { csr: own, profile: 'operator' } }))).toBe(
        'PROFILE_NOT_ALLOWED',
      );
      expect(await refused(controller.registerIdentity({ body: { id: system, grant: { role: 'admin' } } }))).toBe(
        'FORBIDDEN',
      );
      expect(await refused(controller.createToken({ body: { name: 'mine', role: 'admin', ttl: '1h' } }))).toBe(
        'FORBIDDEN',
      );
    } finally {
      await controller.close();
    }
  });
});
