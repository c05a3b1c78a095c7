import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCsr, derToPem, generatePrivateKey } from '@cartulary/x509';
import { FileRules } from '../testing/file-rules.js';
import { parseMesh } from '../mesh/read-mesh.js';
import { SocketClient, TestAgent } from '../testing/index.js';
import { decode } from '../wire/messages.js';
import { typeUrls, xds } from './messages.js';

const web = 'spiffe://cluster.local/ns/shop/sa/web';
const store = 'spiffe://cluster.local/ns/shop/sa/store';
const DAY = 24 * 3_600_000;
const mesh = parseMesh(
  JSON.stringify({
    workloads: [
      {
        name: 'web',
        identity: web,
        inbound: [{ service: 'web', port: 15_001, appPort: 8_001, protocol: 'http' }],
        outbound: [{ service: 'store', port: 9_001, protocol: 'tcp', endpoints: ['127.0.0.1:15002'] }],
      },
      { name: 'other', identity: store, inbound: [] },
    ],
    services: [
      { service: 'web', runs: [web], callers: [] },
      { service: 'store', runs: [store], callers: [web] },
    ],
  }),
);
const asks = (cluster: string, typeUrl: string, more: object = {}) => ({
  node: { id: 'e', cluster },
  typeUrl,
  ...more,
});
const listener = 'web/in/web/15001';

describe('xDS and peer checks on the socket', () => {
  let agent: TestAgent;
  let client: SocketClient;
  let rules: FileRules;
  beforeEach(async () => {
    rules = new FileRules(mesh.services);
    agent = await TestAgent.start({ mesh, rules });
    agent.authority.place([{ spiffeId: web, selectors: [{ uid: process.getuid!() }], suspended: false }]);
    client = new SocketClient(agent.socket);
    await vi.waitFor(async () => expect(await client.check(listener, '')).toBeDefined());
  });
  afterEach(async () => {
    client.close();
    await agent.close();
  });

  const certificate = async (life = DAY) => {
    const csr = derToPem(await createCsr(await generatePrivateKey('ecdsa-p256')), 'CERTIFICATE REQUEST');
    const issued = await agent.authority.ca.issue(csr, web, new Date(), life);
    return { ...issued, encoded: encodeURIComponent(derToPem(issued.chain[0]!, 'CERTIFICATE')) };
  };
  const codeOf = async (encoded: string) => (await client.check(listener, encoded)).status.code;

  it('gives a workload its clusters and listeners, and nothing twice', async () => {
    const stream = client.ads();
    stream.send(asks('web', typeUrls.cluster));
    const clusters = await stream.next();
    expect(clusters.resources.map(({ name }) => name)).toEqual(['app/web/15001', 'out/store']);
    stream.send(asks('web', typeUrls.cluster, { responseNonce: clusters.nonce }));
    stream.send(asks('web', typeUrls.listener));
    const listeners = await stream.next();
    expect(listeners.resources.map(({ name }) => name)).toEqual(['in/web/15001', 'out/store']);
    stream.cancel();
  });

  it('goes on with the generations that a proxy has from before', async () => {
    const stream = client.ads();
    const before = { 'out/store': '5-0123456789abcdef' };
    stream.send(asks('web', typeUrls.cluster, { initialResourceVersions: before }));
    const { resources } = await stream.next();
    expect(resources.find(({ name }) => name === 'out/store')!.version).toMatch(/^[56]-/);
    stream.cancel();
  });

  it('takes away what has no rules any more: a door that nobody guards is shut', async () => {
    const stream = client.ads();
    stream.send(asks('web', typeUrls.listener));
    await stream.next();
    rules.replace([]);
    const { removedResources } = await stream.next();
    expect([...removedResources].sort()).toEqual(['in/web/15001', 'out/store']);
    stream.cancel();
  });

  it('lets nobody in by a rule without callers', async () => {
    const stream = client.ads();
    stream.send(asks('web', typeUrls.extension, { resourceNamesSubscribe: ['rbac/web/15001'] }));
    const { resources } = await stream.next();
    const { typedConfig } = decode<{ typedConfig: { value: Buffer } }>(
      xds.TypedExtensionConfig,
      resources[0]!.resource.value,
    );
    const filter = decode<{ rules: unknown; shadowRules: unknown }>(xds.HttpRbac, typedConfig.value);
    expect(filter).toEqual({ rules: { action: 0, policies: {} }, shadowRules: null });
    stream.cancel();
  });

  it.each([
    ['a workload that is not here', 'nobody', typeUrls.cluster, 'NOT_FOUND'],
    ['another identity’s workload', 'other', typeUrls.cluster, 'PERMISSION_DENIED'],
    ['a type that is not served', 'web', 'type.googleapis.com/x', 'INVALID_ARGUMENT'],
  ])('refuses %s', async (_, cluster, typeUrl, code) => {
    const stream = client.ads();
    stream.send(asks(cluster, typeUrl));
    expect((await stream.refusal()).code).toBe(code);
  });

  it('knows good, revoked, ended and no certificates apart', async () => {
    const [good, bad, short] = [await certificate(), await certificate(), await certificate(1_000)];
    expect([await codeOf(good.encoded), await codeOf(bad.encoded)]).toEqual([0, 0]);
    await agent.authority.revoke(bad.serial);
    await vi.waitFor(async () => expect(await codeOf(bad.encoded)).toBe(7));
    expect(await codeOf(good.encoded)).toBe(0);
    await vi.waitFor(async () => expect(await codeOf(short.encoded)).toBe(7), { timeout: 3_000 });
    for (const none of ['', 'garbage', '%', '%25', 'a'.repeat(100_000)]) expect(await codeOf(none)).toBe(7);
    await agent.authority.release(bad.serial);
    await vi.waitFor(async () => expect(await codeOf(bad.encoded)).toBe(0));
  });

  it('answers no process about a listener that is not its own', async () => {
    for (const name of ['', 'other/in/x/1', 'web/in/web/1']) {
      await expect(client.check(name, '')).rejects.toMatchObject({ code: 7 });
    }
  });
});
