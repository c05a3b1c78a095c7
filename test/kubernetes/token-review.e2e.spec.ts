import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { freePorts, StandaloneProcess } from '@cartulary/testing';
import { firstOperator, makeRequest, restOf } from '../support/enrol.js';
import { GrpcClient, refusalOf } from '../support/grpc/clients.js';
import { eventually } from '../support/kubernetes/delivered.js';
import { TestKubernetes } from '../support/kubernetes/start-kubernetes.js';

const web = 'spiffe://cluster.local/ns/shop/sa/web';
let directory: string;
let kubernetes: TestKubernetes;
let database: TestDatabase;
let service: StandaloneProcess;
let client: GrpcClient;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cartulary-reviews-'));
  [kubernetes, database] = await Promise.all([
    TestKubernetes.start(['issuance']),
    createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!),
  ]);
  const { admin } = kubernetes;
  await admin.make('/api/v1/namespaces', { metadata: { name: 'shop' } });
  for (const name of ['web', 'leaving']) {
    await admin.make('/api/v1/namespaces/shop/serviceaccounts', { metadata: { name } });
  }
  await admin.make('/api/v1/nodes', { metadata: { name: 'node-1' } });
  await makePod('web-1');
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  // As the chart has it.
  const rules = [{ apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] }];
  await admin.make(`${rbac}/clusterroles`, { metadata: { name: 'issuance' }, rules });
  await admin.make(`${rbac}/clusterrolebindings`, {
    metadata: { name: 'issuance' },
    subjects: [{ kind: 'User', name: 'issuance' }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'issuance' },
  });
  writeFileSync(join(directory, 'token'), 'issuance-token\n', { mode: 0o600 });
  const [port] = (await freePorts(1)) as [number];
  service = await StandaloneProcess.start({
    databaseUrl: database.ownerUrl,
    env: {
      CARTULARY_GRPC_PORT: String(port),
      CARTULARY_KUBERNETES_ISSUER: 'https://kubernetes.default.svc.cluster.local',
      CARTULARY_KUBERNETES_CA_FILE: join(kubernetes.directory, 'certs/apiserver.crt'),
      CARTULARY_KUBERNETES_REVIEW_URL: kubernetes.url,
      CARTULARY_KUBERNETES_REVIEW_TOKEN_FILE: join(directory, 'token'),
    },
  });
  client = new GrpcClient(port, service.read('root.crt'));
}, 300_000);
afterAll(async () => {
  client?.close();
  await service?.dispose();
  await kubernetes?.stop();
  await database?.drop();
  rmSync(directory, { recursive: true, force: true });
});

const makePod = (name: string) =>
  kubernetes.admin.make('/api/v1/namespaces/shop/pods', {
    metadata: { name },
    spec: { serviceAccountName: 'web', nodeName: 'node-1', containers: [{ name: 'web', image: 'web' }] },
  });

interface Asked {
  readonly account?: string;
  readonly audience?: string;
  readonly pod?: string;
}

/** A projected token, as the kubelet would ask for it. */
const tokenFor = async ({ account = 'web', audience = 'istio-ca', pod }: Asked = {}): Promise<string> => {
  const { status } = await kubernetes.admin.make(`/api/v1/namespaces/shop/serviceaccounts/${account}/token`, {
    spec: {
      ...{ audiences: [audience], expirationSeconds: 600 },
      ...(pod === undefined ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod } }),
    },
  });
  return (status as { token: string }).token;
};
const events = async () => {
  const { body } = await restOf(service, firstOperator(service)).get('/v1/ledger/events?limit=1000').expect(200);
  return body.events as { type: string; data: Record<string, unknown> }[];
};
const issued = async (identity: string) =>
  (await events()).filter(({ type, data }) => type === 'CertificateIssued' && data['identity'] === identity);
const ask = async (token: string) => client.createCertificate({ csr: (await makeRequest()).csr }, token);

describe('a projected token, by TokenReview', () => {
  it('gets its account’s certificate; pod, node and token stand in the event', async () => {
    const token = await tokenFor({ pod: 'web-1' });
    const { certChain } = await ask(token);
    expect(new X509Certificate(certChain[0]!).subjectAltName).toBe(`URI:${web}`);
    const [event] = await issued(web);
    expect(event!.data['evidence']).toMatchObject({
      node: 'node-1',
      credential: expect.stringMatching(/^kubernetes:[0-9a-f-]{36}$/) as string,
      attestation: {
        ...{ kind: 'kubernetes', subject: 'system:serviceaccount:shop:web' },
        pod: { name: 'web-1', uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string },
      },
    });
    const [, , signature = ''] = token.split('.');
    expect(JSON.stringify(await events())).not.toContain(signature);
    expect(service.log()).not.toContain(signature);
    expect(service.log()).not.toContain('issuance-token');
  });

  it('is refused for another audience, and where somebody has changed it', async () => {
    const before = (await events()).length;
    expect((await refusalOf(ask(await tokenFor({ audience: 'vault' })))).status).toBe('UNAUTHENTICATED');
    const token = await tokenFor();
    const changed = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
    expect((await refusalOf(ask(changed))).status).toBe('UNAUTHENTICATED');
    expect(await events()).toHaveLength(before);
  });

  it('is refused once it has expired', async () => {
    // The API server gives none for less than ten minutes: this one was signed with its key for the past.
    const expired = kubernetes.signToken({ account: 'web', namespace: 'shop', audience: 'istio-ca', expiresIn: -60 });
    expect(await refusalOf(ask(expired))).toMatchObject({ status: 'UNAUTHENTICATED', code: 'CREDENTIAL_EXPIRED' });
  });

  it('is refused within seconds once its pod or its account is gone, though it has not expired', async () => {
    await makePod('web-2');
    const [ofPod, ofAccount] = [await tokenFor({ pod: 'web-2' }), await tokenFor({ account: 'leaving' })];
    await ask(ofPod);
    await ask(ofAccount);
    await kubernetes.admin.delete('/api/v1/namespaces/shop/pods/web-2?gracePeriodSeconds=0');
    await kubernetes.admin.delete('/api/v1/namespaces/shop/serviceaccounts/leaving');
    const gone = performance.now();
    for (const token of [ofPod, ofAccount]) {
      const refused = await eventually(() =>
        ask(token).then(
          () => false as const,
          (error: unknown) => error,
        ),
      );
      expect(refused).toMatchObject({ status: 'UNAUTHENTICATED' });
    }
    expect(performance.now() - gone).toBeLessThan(30_000);
  });

  it('can be tried again where the API server is away', async () => {
    const token = await tokenFor();
    const before = (await events()).length;
    await kubernetes.killApiServer();
    expect((await refusalOf(ask(token))).status).toBe('UNAVAILABLE');
    expect(await events()).toHaveLength(before);
    await kubernetes.startApiServer();
    await ask(token);
  });
});
