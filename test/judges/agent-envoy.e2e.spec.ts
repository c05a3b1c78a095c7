import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SocketClient, TestAgent } from '@cartulary/agent/testing';
import { createCsr, derChainToPem, derToPem, generatePrivateKey, privateKeyToPem } from '@cartulary/x509';
import { freePorts } from '@cartulary/testing';
import { Envoy } from '../support/agent/envoy.js';
import { clientSide, serverSide, type Side } from '../support/agent/envoy-configuration.js';
import { eventually } from '../support/interop.js';
import type { Exhibit } from '../support/judges/judge.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';
const own = { uid: process.getuid!() };
const DAY = 24 * 3_600_000;

const serialOf = (chain: Uint8Array): string => new X509Certificate(chain).serialNumber.toLowerCase();

describe.each(['GRPC', 'DELTA_GRPC'] as const)('two Envoys with secrets from the agent, by %s', (protocol) => {
  let directory: string;
  let agent: TestAgent;
  let client: Envoy;
  let server: Envoy;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agent-envoy-'));
    agent = await TestAgent.start();
    agent.authority.place([front, back].map((spiffeId) => ({ spiffeId, selectors: [own], suspended: false })));
    const [port, adminPort, frontPort, frontAdmin] = (await freePorts(4)) as [number, number, number, number];
    const { socket } = agent;
    const root = derToPem(agent.authority.ca.bundle.anchors[0]!, 'CERTIFICATE');
    const served: Side = { socket, protocol, identity: back, peers: [front], port, adminPort };
    const asking: Side = { socket, protocol, identity: front, peers: [back], port: frontPort, adminPort: frontAdmin };
    server = await Envoy.start(directory, 'back', serverSide(served), { port, adminPort, root });
    const started = { port: frontPort, adminPort: frontAdmin, root };
    client = await Envoy.start(directory, 'front', clientSide(asking, port), started);
  });
  afterAll(async () => {
    await client?.close();
    await server?.close();
    await agent?.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Somebody has the key of a certificate of this identity, outside any agent. */
  const stolen = async (spiffeId: string): Promise<{ exhibit: Exhibit; serial: string }> => {
    const key = await generatePrivateKey('ecdsa-p256');
    const csr = derToPem(await createCsr(key), 'CERTIFICATE REQUEST');
    const { chain, serial } = await agent.authority.ca.issue(csr, spiffeId, new Date(), DAY);
    const [leaf, ...above] = chain;
    const exhibit = {
      keyPem: privateKeyToPem(key),
      certificate: derChainToPem([leaf!]),
      chain: derChainToPem(above),
    };
    return { exhibit, serial };
  };

  it('pass requests over mutual TLS', async () => {
    expect(
      await eventually(
        () => client.get(),
        (status) => status === 200,
      ),
    ).toBe(200);
    expect(await server.stats(/ssl\.(handshake|fail_verify_\w+)/)).toMatchObject({
      'ssl.fail_verify_error': 0,
      'ssl.fail_verify_san': 0,
    });
  });

  it('refuse whoever is another than the proxy’s own list says', async () => {
    const { exhibit } = await stolen('spiffe://cluster.local/ns/shop/sa/other');
    expect((await server.knock(exhibit)).accepted).toBe(false);
    expect((await server.stats(/ssl\.fail_verify_san/))['ssl.fail_verify_san']).toBe(1);
  });

  it('take new certificates under load without one request that fails', async () => {
    const rotations = 100;
    const updates = async (envoy: Envoy): Promise<number> =>
      Object.values(await envoy.stats(/ssl_context_update_by_sds/))[0] ?? 0;
    const taken = () => Promise.all([updates(client), updates(server)]);
    let running = true;
    const statuses: number[] = [];
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (running) statuses.push(await client.get());
      }),
    );
    const watch = new SocketClient(agent.socket);
    const svids = watch.svids();
    let serials = (await svids.next()).svids.map(({ x509Svid }) => serialOf(x509Svid));
    for (let round = 0; round < rotations; round++) {
      const [ofClient, ofServer] = await taken();
      const now = new Date();
      const order = { serials, from: now, until: now };
      const nothing = { crls: [], endedIssuers: [], revocations: [] };
      agent.authority.tell({ ...nothing, position: 1, complete: true, rotations: [order] });
      const before = serials;
      while (serials.some((serial) => before.includes(serial))) {
        serials = (await svids.next()).svids.map(({ x509Svid }) => serialOf(x509Svid));
      }
      await eventually(taken, ([first, second]) => first > ofClient && second > ofServer);
    }
    running = false;
    await load;
    svids.cancel();
    watch.close();
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    const { 'ssl.handshake': handshakes } = await server.stats(/ssl\.handshake/);
    console.log(`${rotations} rotations of both: ${statuses.length} requests, ${handshakes} handshakes, none failed`);
    expect(await server.stats(/ssl\.fail_verify_error/)).toEqual({ 'ssl.fail_verify_error': 0 });
  });

  it('refuse a revoked certificate after the push, and take it again after its release', async () => {
    const { exhibit, serial } = await stolen(front);
    const { exhibit: good } = await stolen(front);
    expect(await server.knock(exhibit)).toMatchObject({ accepted: true });

    const revokedAt = performance.now();
    await agent.authority.revoke(serial);
    const refused = await eventually(
      () => server.knock(exhibit),
      ({ accepted }) => !accepted,
    );
    console.log(`revoked → refused at Envoy (${protocol}): ${Math.round(performance.now() - revokedAt)} ms`);
    expect(refused.accepted).toBe(false);
    expect((await server.knock(good)).accepted).toBe(true);
    expect(await client.get()).toBe(200);
    const { 'ssl.fail_verify_error': failures = 0 } = await server.stats(/ssl\.fail_verify_error/);
    expect(failures).toBeGreaterThan(0);

    const releasedAt = performance.now();
    await agent.authority.release(serial);
    const accepted = await eventually(
      () => server.knock(exhibit),
      (verdict) => verdict.accepted,
    );
    console.log(`released → accepted at Envoy (${protocol}): ${Math.round(performance.now() - releasedAt)} ms`);
    expect(accepted.accepted).toBe(true);
  });

  it('keep the last good CRL when the CA sends one that is none', async () => {
    const { exhibit, serial } = await stolen(front);
    await agent.authority.revoke(serial);
    await eventually(
      () => server.knock(exhibit),
      ({ accepted }) => !accepted,
    );
    const { workloadIssuerId: issuerId, position } = agent.authority.ca;
    for (const der of [Buffer.alloc(0), Buffer.from('garbage')]) {
      agent.authority.publish({ issuerId, number: BigInt(position + 1), der });
    }
    expect(await client.get()).toBe(200);
    expect((await server.knock(exhibit)).accepted).toBe(false);
    expect(await agent.metrics.render()).toMatch(/agent_trust_refused_total\{code="CRL_(EMPTY|MALFORMED)"\} 1/);
  });

  it('have acknowledged what the agent then tells the CA', async () => {
    const proxies = (): string[] => [...new Set(agent.authority.acknowledged.map(({ proxy }) => proxy))].sort();
    expect(
      await eventually(
        () => Promise.resolve(proxies()),
        (seen) => seen.length === 2,
      ),
    ).toEqual(['back', 'front']);
    expect(agent.authority.acknowledged.every(({ state }) => state === 'delivered')).toBe(true);
  });
});
