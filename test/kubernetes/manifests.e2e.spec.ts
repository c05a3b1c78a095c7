import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadYaml } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controllerRights } from '../support/kubernetes/controller-rights.js';
import type { KubernetesUser } from '../support/kubernetes/kubernetes-user.js';
import { apply, chart, example, helm, type Manifest, rendered, renderedText } from '../support/kubernetes/manifests.js';
import { TestKubernetes } from '../support/kubernetes/start-kubernetes.js';

const everything = [
  ...['controller.serverSigner=true', 'controller.clusterBundle=true', 'controller.revokeDeleted=true'],
  ...['controller.namespaceSelector=mesh=yes', 'controller.accountSelector=mesh=yes', 'clusterDomain=example.org'],
  ...['serviceMonitor.enabled=true', 'grpc.enabled=true', 'config.CARTULARY_WORKLOAD_TTL=12h', 'image.tag=1.2.3'],
];
const named = ['controller.namespaces={photo-ns,datastore-ns}', 'controller.signer=false', 'controller.bundleName='];
/** Values beside the default ones. */
const variants = Object.fromEntries(
  Object.entries({ default: [], everything, named }).map(([name, values]) => [
    name,
    values.flatMap((value) => ['--set', value]),
  ]),
);

let kubernetes: TestKubernetes;

beforeAll(async () => {
  kubernetes = await TestKubernetes.start();
  for (const manifest of example()) {
    const { status, body } = await apply(kubernetes.admin, manifest);
    if (status !== 201) throw new Error(`${manifest.kind} ${manifest.metadata.name}: ${body.message}`);
  }
  const monitors = fileURLToPath(new URL('../support/kubernetes/service-monitor.crd.yaml', import.meta.url));
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await kubernetes.admin.make(definitions, loadYaml<object>(readFileSync(monitors, 'utf8')));
  const base = { metadata: { name: 'other', labels: {} } };
  await kubernetes.admin.make('/api/v1/namespaces', base);
}, 300_000);
afterAll(() => kubernetes?.stop());

/** Whether the user may, as the API server itself says. */
const may = async (user: KubernetesUser, verb: string, resource: string, namespace?: string, name?: string) => {
  const [plain, subresource] = resource.split('/');
  const { body } = await user.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        ...{ verb, namespace, name, subresource },
        resource: plain,
        group: groupOf(plain ?? ''),
      },
    },
  });
  return (body.status as { allowed?: boolean } | undefined)?.allowed === true;
};
const groupOf = (resource: string): string =>
  ({
    leases: 'coordination.k8s.io',
    tokenreviews: 'authentication.k8s.io',
    subjectaccessreviews: 'authorization.k8s.io',
    certificatesigningrequests: 'certificates.k8s.io',
    signers: 'certificates.k8s.io',
    deployments: 'apps',
    clusterroles: 'rbac.authorization.k8s.io',
  })[resource] ?? '';

describe('the chart', () => {
  const kinds = (manifests: readonly Manifest[]) => new Set(manifests.map(({ kind }) => kind));

  it('passes helm’s own linter', () => expect(helm('lint', '--strict', chart)).toContain('0 chart(s) failed'));

  it('is refused by its schema with values that mean nothing', () => {
    expect(() => rendered('--set', 'trustDomain=Not_A_Name')).toThrow(/trustDomain/);
    expect(() => rendered('--set', 'controller.replica=2')).toThrow(/replica/);
    // A password in a URL would lie in the pods' manifests.
    expect(() => rendered('--set', 'postgres.ownerUrl=postgres://me:secret@db/x')).toThrow(/ownerUrl/);
  });

  it.each(Object.entries(variants))('renders what was looked at and kept: %s', async (name, args) => {
    const file = fileURLToPath(new URL(`../support/kubernetes/chart/${name}.yaml`, import.meta.url));
    await expect(renderedText(...args)).toMatchFileSnapshot(file);
  });

  it.each(Object.entries(variants))('is taken by the API server without a warning: %s', async (name, args) => {
    const manifests = rendered(...args);
    const usual = [
      ...['ServiceAccount', 'Service', 'PodDisruptionBudget', 'Deployment', 'StatefulSet', 'Job', 'NetworkPolicy'],
      ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    ];
    const more = { everything: ['ServiceMonitor'] }[name] ?? [];
    const fewer = { named: ['ClusterRoleBinding'] }[name] ?? [];
    expect(kinds(manifests)).toEqual(new Set([...usual, ...more].filter((kind) => !fewer.includes(kind))));
    for (const manifest of manifests) {
      const { status, body, warning } = await apply(kubernetes.admin, manifest, true);
      expect({ status, message: body.message, warning }, `${manifest.kind} ${manifest.metadata.name}`).toEqual({
        ...{ status: 201, message: undefined, warning: undefined },
      });
    }
  });

  it('gives nobody but the controller a token of the API server', () => {
    const pods = rendered().filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind));
    const withToken = pods.filter((pod) => JSON.stringify(pod).includes('"automountServiceAccountToken":true'));
    expect(withToken.map(({ metadata }) => metadata.name)).toEqual(['cartulary-controller']);
    expect(pods).toHaveLength(7);
  });

  it('gives issuance one where it has tokens reviewed, which is good for nothing else', async () => {
    const manifests = rendered('--set', 'grpc.enabled=true');
    const issuance = manifests.find(({ kind, metadata: { name } }) => kind === 'Deployment' && /issuance$/.test(name));
    expect(JSON.stringify(issuance)).toContain('"automountServiceAccountToken":true');
    const roles = manifests.filter(({ kind, metadata: { name } }) => /Role/.test(kind) && /issuance$/.test(name));
    for (const manifest of roles) expect((await apply(kubernetes.admin, manifest)).status).toBe(201);
    const user = kubernetes.admin.impersonate('system:serviceaccount:istio-ca-ns:cartulary-issuance');
    expect(await may(user, 'create', 'tokenreviews')).toBe(true);
    for (const [verb, resource] of [
      ...[['create', 'subjectaccessreviews'] as const, ['get', 'secrets'] as const],
      ...[['list', 'pods'] as const, ['create', 'serviceaccounts/token'] as const],
    ]) {
      expect(await may(user, verb, resource, 'photo-ns'), resource).toBe(false);
    }
  });

  it('keeps the CAs’ directory from those without a CA key', () => {
    const withKeys = rendered()
      .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
      .filter((pod) => /"subPath":"ca"/.test(JSON.stringify(pod)))
      .map(({ metadata }) => metadata.name);
    expect(withKeys.sort()).toEqual([
      'cartulary-init',
      'cartulary-issuance',
      'cartulary-revocation',
      'cartulary-rotation',
    ]);
  });
});

describe('the controller’s rights', () => {
  const controller = () => kubernetes.admin.impersonate('system:serviceaccount:istio-ca-ns:cartulary-controller');
  const isRbac = ({ kind }: Manifest) => /Role/.test(kind);

  beforeAll(async () => {
    for (const manifest of rendered().filter(isRbac))
      expect((await apply(kubernetes.admin, manifest)).status).toBe(201);
  });

  it('are those that the other tests run with', () => {
    const rulesOf = (manifests: readonly { readonly rules?: readonly object[] }[]) =>
      manifests.flatMap(({ rules = [] }) => rules.map((rule) => JSON.stringify(Object.entries(rule).sort())));
    const all = ['controller.serverSigner=true', 'controller.clusterBundle=true'];
    const chartRules = rulesOf(rendered(...all.flatMap((value) => ['--set', value])).filter(isRbac));
    const tested = rulesOf(controllerRights('controller', 'istio-ca-ns').map(([, body]) => body as Manifest));
    expect(chartRules.sort()).toEqual(tested.sort());
  });

  it.each([
    ['list', 'serviceaccounts', 'photo-ns'],
    ['create', 'secrets', 'photo-ns'],
    ['patch', 'configmaps', 'photo-ns'],
    ['watch', 'namespaces', undefined],
    ['patch', 'certificatesigningrequests/status', undefined],
  ])('suffice: it may %s %s', async (verb, resource, namespace) =>
    expect(await may(controller(), verb, resource, namespace)).toBe(true),
  );

  it.each([
    ['create', 'serviceaccounts', 'photo-ns'],
    ['create', 'serviceaccounts/token', 'photo-ns'],
    ['delete', 'serviceaccounts', 'photo-ns'],
    ['create', 'pods', 'photo-ns'],
    ['delete', 'configmaps', 'photo-ns'],
    ['create', 'namespaces', undefined],
    ['create', 'certificatesigningrequests', undefined],
    ['update', 'certificatesigningrequests/approval', undefined],
    ['create', 'clusterroles', undefined],
    ['get', 'leases', 'photo-ns'],
  ])('end there: it may not %s %s', async (verb, resource, namespace) =>
    expect(await may(controller(), verb, resource, namespace)).toBe(false),
  );

  it('sign for one signer name, and lead by one Lease', async () => {
    expect(await may(controller(), 'sign', 'signers', undefined, 'cartulary.dev/workload')).toBe(true);
    expect(await may(controller(), 'sign', 'signers', undefined, 'kubernetes.io/kube-apiserver-client')).toBe(false);
    expect(await may(controller(), 'update', 'leases', 'istio-ca-ns', 'cartulary-controller')).toBe(true);
    expect(await may(controller(), 'update', 'leases', 'istio-ca-ns', 'another')).toBe(false);
  });

  it('reach named namespaces alone where namespaces are named', () => {
    const named = rendered('--set', 'controller.namespaces={photo-ns}', '--set', 'controller.signer=false');
    expect(named.filter(({ kind }) => kind === 'ClusterRoleBinding')).toEqual([]);
    const bound = named.filter(({ kind }) => kind === 'RoleBinding').map(({ metadata }) => metadata.namespace);
    expect(bound.sort()).toEqual(['istio-ca-ns', 'photo-ns']);
  });
});

describe('the photo example', () => {
  const secret = (name: string) => ({ metadata: { name }, data: { 'key.pem': 'eA==' } });
  const path = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;
  const of = (team: string) => kubernetes.admin.impersonate(`somebody-of-${team}`, team);

  beforeAll(async () => {
    const { admin } = kubernetes;
    for (const name of ['istio.photo-frontend', 'istio.photo-backend', 'unrelated'])
      await admin.make(path('photo-ns'), secret(name));
    await admin.make(path('datastore-ns'), secret('istio.datastore'));
    await admin.make(path('istio-ca-ns'), secret('cartulary-secrets'));
  });

  it.each([
    ['photo-team', 'photo-ns', 'istio.photo-frontend', 200],
    ['photo-team', 'photo-ns', 'istio.photo-backend', 200],
    ['photo-team', 'photo-ns', 'unrelated', 403],
    ['photo-team', 'datastore-ns', 'istio.datastore', 403],
    ['photo-team', 'istio-ca-ns', 'cartulary-secrets', 403],
    ['datastore-team', 'datastore-ns', 'istio.datastore', 200],
    ['datastore-team', 'photo-ns', 'istio.photo-backend', 403],
    ['datastore-team', 'istio-ca-ns', 'cartulary-secrets', 403],
  ])('%s reads in %s the Secret %s: %i, as the API server says beforehand', async (team, namespace, name, status) => {
    expect(await may(of(team), 'get', 'secrets', namespace, name)).toBe(status === 200);
    expect((await of(team).get(`${path(namespace)}/${name}`)).status).toBe(status);
  });

  it('lets nobody list Secrets, or change his own', async () => {
    for (const [team, namespace] of [
      ['photo-team', 'photo-ns'],
      ['datastore-team', 'datastore-ns'],
    ] as const) {
      expect((await of(team).get(path(namespace))).status).toBe(403);
      expect(await may(of(team), 'update', 'secrets', namespace)).toBe(false);
    }
  });

  it('lets each team run its workloads in its own namespace', async () => {
    expect(await may(of('photo-team'), 'create', 'deployments', 'photo-ns')).toBe(true);
    expect(await may(of('photo-team'), 'create', 'deployments', 'datastore-ns')).toBe(false);
    expect(await may(of('photo-team'), 'create', 'serviceaccounts', 'photo-ns')).toBe(false);
  });
});
