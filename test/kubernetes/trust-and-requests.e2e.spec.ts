import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCrl } from '@cartulary/x509';
import { makeRequest } from '../support/enrol.js';
import { ControllerScene } from '../support/kubernetes/controller-scene.js';
import { decodedPems, eventually } from '../support/kubernetes/delivered.js';
import type { KubernetesJson } from '../support/kubernetes/kubernetes-user.js';
import { watchOver } from '../support/kubernetes/watch-over.js';

let scene: ControllerScene;
let at: ReturnType<typeof watchOver>;

beforeAll(async () => {
  scene = await ControllerScene.start({ clusterTrustBundles: true });
  at = watchOver(scene);
  await scene.controller('controller', {
    CARTULARY_KUBERNETES_GRACE: '0s',
    CARTULARY_KUBERNETES_BUNDLE_NAME: 'cartulary-trust',
    CARTULARY_KUBERNETES_NAMESPACE_SELECTOR: 'mesh=yes',
    CARTULARY_KUBERNETES_CLUSTER_BUNDLE: 'true',
    CARTULARY_KUBERNETES_SIGNER: 'true',
    CARTULARY_KUBERNETES_SERVER_SIGNER: 'true',
  });
  for (const [name, mesh] of Object.entries({ shop: 'yes', outside: 'no' })) {
    await scene.kubernetes.admin.make('/api/v1/namespaces', { metadata: { name, labels: { mesh } } });
    await scene.account(name, 'web');
  }
}, 300_000);
afterAll(() => scene?.dispose());

const mapPath = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps/cartulary-trust`;
const bundle = async (namespace: string) => {
  const { status, body } = await scene.kubernetes.admin.get(mapPath(namespace));
  if (status !== 200) return undefined;
  const [roots, crls] = [body.data?.['root-cert.pem'] ?? '', body.data?.['crl.pem'] ?? ''];
  return { roots, crls: decodedPems(crls).map((der) => parseCrl(der)) };
};
const revokedIn = async (serial: string) => {
  const { crls } = (await bundle('shop'))!;
  return crls.some(({ entries }) => entries.some((entry) => entry.serial === serial));
};

describe('the trust bundle', () => {
  it('is a ConfigMap with the roots and the CRL of every issuer, in the namespaces that are selected', async () => {
    const { roots, crls } = await eventually(() => bundle('shop'));
    expect(roots).toBe((await scene.operator.getTrustBundle()).pem);
    const { issuers } = await scene.operator.listIssuers();
    const met = issuers.filter(({ purpose, crl }) => !purpose.startsWith('system') && crl);
    expect(met.length).toBeGreaterThan(2);
    expect(crls).toHaveLength(met.length);
    expect((await scene.kubernetes.admin.get(mapPath('outside'))).status).toBe(404);
  });

  it('comes to a namespace that is selected later, and comes back where it was changed', async () => {
    await scene.kubernetes.admin.make('/api/v1/namespaces', { metadata: { name: 'late', labels: { mesh: 'yes' } } });
    const { roots } = await eventually(() => bundle('late'));
    await scene.kubernetes.admin.merge(mapPath('late'), { data: { 'root-cert.pem': 'mine', 'crl.pem': '' } });
    await eventually(async () => (await bundle('late'))?.roots === roots);
  });

  it('follows each revocation, and is cleared by a signed CRL without entries', async () => {
    await scene.account('shop', 'held');
    const { serial } = await at.found('shop', 'held');
    await scene.operator.createRevocation({ body: { serial, reason: 'certificateHold' } });
    await eventually(() => revokedIn(serial));
    await scene.operator.releaseCertificate({ params: { serial } });
    await eventually(async () => !(await revokedIn(serial)));
    const { crls } = (await bundle('shop'))!;
    expect(crls.length).toBeGreaterThan(2);
    expect(crls.every(({ entries }) => entries.length === 0)).toBe(true);
  });
});

describe('the ClusterTrustBundle', () => {
  const path = '/apis/certificates.k8s.io/v1beta1/clustertrustbundles/cartulary.dev:workload:roots';
  const roots = async () => {
    const { status, body } = await scene.kubernetes.admin.get(path);
    return status === 200 ? (body.spec as { signerName: string; trustBundle: string }) : undefined;
  };

  it('has the roots, under the name of the signer that they stand behind', async () => {
    const spec = await eventually(roots);
    const { pem } = await scene.operator.getTrustBundle();
    expect(spec).toEqual({ signerName: 'cartulary.dev/workload', trustBundle: pem });
  });

  it('comes back where it was changed or deleted', async () => {
    const { trustBundle } = await eventually(roots);
    const other = readFileSync(join(scene.kubernetes.directory, 'certs/apiserver.crt'), 'utf8');
    const stranger = other.slice(other.lastIndexOf('-----BEGIN'));
    await scene.kubernetes.admin.merge(path, { spec: { trustBundle: stranger } });
    await eventually(async () => (await roots())?.trustBundle === trustBundle);
    await scene.kubernetes.admin.delete(path);
    await eventually(async () => (await roots())?.trustBundle === trustBundle);
  });
});

describe('a namespace that is not selected', () => {
  it('gets no Secrets, until it is', async () => {
    await at.found('shop', 'web');
    expect((await scene.kubernetes.admin.get('/api/v1/namespaces/outside/secrets/istio.web')).status).toBe(404);
    await scene.kubernetes.admin.merge('/api/v1/namespaces/outside', { metadata: { labels: { mesh: 'yes' } } });
    await at.found('outside', 'web');
  });
});

describe('a CertificateSigningRequest', () => {
  const base = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const identity = 'spiffe://cluster.local/ns/shop/sa/web';
  let count = 0;

  beforeAll(async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const rules = [
      { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['create'] },
    ];
    await scene.kubernetes.admin.make(`${rbac}/clusterroles`, { metadata: { name: 'requester' }, rules });
    await scene.kubernetes.admin.make(`${rbac}/clusterrolebindings`, {
      metadata: { name: 'requester' },
      subjects: ['system:serviceaccount:shop:web', 'jane'].map((name) => ({ kind: 'User', name })),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'requester' },
    });
  });

  const post = async (user: string, csr: string, spec: object) => {
    const name = `request-${++count}`;
    const request = Buffer.from(csr).toString('base64');
    await scene.kubernetes.admin.impersonate(user).make(base, { metadata: { name }, spec: { request, ...spec } });
    return name;
  };
  const ask = async (user: string, uris: readonly string[], more: object = {}) => {
    const usages = ['digital signature', 'client auth', 'server auth'];
    return post(user, (await makeRequest({ uris })).csr, { signerName: 'cartulary.dev/workload', usages, ...more });
  };
  const askForServer = async (user: string, dnsNames: readonly string[]) => {
    const usages = ['digital signature', 'server auth'];
    return post(user, (await makeRequest({ dnsNames })).csr, { signerName: 'cartulary.dev/server', usages });
  };
  const approve = async (name: string, type = 'Approved') => {
    const { body } = await scene.kubernetes.admin.get(`${base}/${name}`);
    const condition = { type, status: 'True', reason: 'Test', message: 'by the test' };
    await scene.kubernetes.admin.put(`${base}/${name}/approval`, { ...body, status: { conditions: [condition] } });
  };
  interface Status {
    readonly certificate?: string;
    readonly conditions?: readonly { readonly type: string; readonly reason: string }[];
  }
  const statusOf = ({ status }: KubernetesJson) => (status ?? {}) as Status;
  const outcome = (name: string) =>
    eventually(async () => {
      const status = statusOf((await scene.kubernetes.admin.get(`${base}/${name}`)).body);
      const failed = status.conditions?.find(({ type }) => type === 'Failed');
      return status.certificate || failed ? { ...status, failed: failed?.reason } : undefined;
    });
  const web = 'system:serviceaccount:shop:web';

  it('is signed once it is approved, for the account that made it', async () => {
    const name = await ask(web, [identity], { expirationSeconds: 3600 });
    await approve(name);
    const { certificate } = await outcome(name);
    const [leaf, issuer] = decodedPems(Buffer.from(certificate!, 'base64').toString()).map(
      (der) => new X509Certificate(der),
    );
    expect(leaf!.subjectAltName).toBe(`URI:${identity}`);
    expect(leaf!.verify(issuer!.publicKey)).toBe(true);
    const life = leaf!.validToDate.getTime() - Date.now();
    expect(life).toBeGreaterThan(3_400_000);
    expect(life).toBeLessThan(3_601_000);
  });

  it('is signed under the requester’s name where it says none', async () => {
    const name = await ask(web, []);
    await approve(name);
    const { certificate } = await outcome(name);
    const leaf = new X509Certificate(Buffer.from(certificate!, 'base64').toString());
    expect(leaf.subjectAltName).toBe(`URI:${identity}`);
    // The account's Secret has a certificate of its own, and neither replaces the other.
    expect((await at.found('shop', 'web')).leaf.serialNumber).not.toBe(leaf.serialNumber);
    const { status } = await scene.operator.getCertificate({ params: { serial: leaf.serialNumber.toLowerCase() } });
    expect(status).toBe('active');
  });

  it.each([
    ['another account’s identity', web, ['spiffe://cluster.local/ns/shop/sa/held'], {}, 'WrongIdentity'],
    ['a person’s', 'jane', [identity], {}, 'NotAServiceAccount'],
    ['for a usage that ours have not', web, [identity], { usages: ['cert sign'] }, 'UsageNotAllowed'],
  ])('fails although approved: %s', async (_, user, uris, more, reason) => {
    const name = await ask(user, uris, more);
    await approve(name);
    expect((await outcome(name)).failed).toBe(reason);
  });

  it('fails where the identity is suspended, with the reason', async () => {
    await scene.operator.suspendIdentity({ params: { id: identity } });
    const name = await ask(web, [identity]);
    await approve(name);
    expect((await outcome(name)).failed).toBe('IdentitySuspended');
    await scene.operator.reinstateIdentity({ params: { id: identity } });
  });

  it('is left alone where nobody has approved it, and where it was denied', async () => {
    const [waiting, denied] = [await ask(web, [identity]), await ask(web, [identity])];
    await approve(denied, 'Denied');
    const later = await ask(web, [identity]);
    await approve(later);
    await outcome(later);
    for (const name of [waiting, denied]) {
      const { certificate, conditions = [] } = statusOf((await scene.kubernetes.admin.get(`${base}/${name}`)).body);
      expect(certificate).toBeUndefined();
      expect(conditions.map(({ type }) => type)).not.toContain('Failed');
    }
  });

  describe('of cartulary.dev/server', () => {
    const dnsNames = ['web.shop.svc', 'web.shop.svc.cluster.local'];

    it('is signed for Services that the account runs, and suspended with the account', async () => {
      const name = await askForServer(web, dnsNames);
      await approve(name);
      const { certificate } = await outcome(name);
      const leaf = new X509Certificate(Buffer.from(certificate!, 'base64').toString());
      expect(leaf.subjectAltName).toBe(dnsNames.map((each) => `DNS:${each}`).join(', '));
      expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
      const serial = leaf.serialNumber.toLowerCase();
      const known = await scene.operator.getCertificate({ params: { serial } });
      expect(known).toMatchObject({ status: 'active', profile: 'server', identity });
    });

    it.each([
      ['a Service that is not the account’s', ['pay.shop.svc']],
      ['another namespace', ['web.outside.svc']],
      ['a name of the world', ['web.shop.svc', 'www.example.org']],
    ])('fails although approved: %s', async (_, names) => {
      const name = await askForServer(web, names);
      await approve(name);
      expect((await outcome(name)).failed).toBe('WrongName');
    });

    it('is signed for the Services that the account is annotated with', async () => {
      const account = '/api/v1/namespaces/shop/serviceaccounts/web';
      await scene.kubernetes.admin.merge(account, { metadata: { annotations: { 'cartulary.dev/services': 'pay' } } });
      const name = await askForServer(web, ['pay.shop.svc']);
      await approve(name);
      expect((await outcome(name)).certificate).toBeDefined();
    });

    it('is no way to names of the world for whoever has the controller’s own key', async () => {
      const { csr } = await makeRequest({ dnsNames: ['www.example.org'] });
      const controller = scene.asController();
      const asked = controller.issueCertificate({ body: { csr, identity, profile: 'server' } });
      await expect(asked).rejects.toMatchObject({ code: 'NAME_NOT_ALLOWED' });
      const { csr: other } = await makeRequest({ dnsNames });
      const unnamed = controller.issueCertificate({ body: { csr: other, profile: 'server' } });
      await expect(unnamed).rejects.toMatchObject({ code: 'IDENTITY_REQUIRED' });
      await controller.close();
    });
  });
});
