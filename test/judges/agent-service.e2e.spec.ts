import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SocketClient } from '@cartulary/agent/testing';
import { freePorts } from '@cartulary/testing';
import { AgentProcess } from '../support/agent/agent-process.js';
import { Envoy } from '../support/agent/envoy.js';
import { clientSide, serverSide, type Side } from '../support/agent/envoy-configuration.js';
import { ServiceWorld } from '../support/agent/service-world.js';
import { SpiffeClient, spiffeClients } from '../support/agent/spiffe-client.js';
import { keyPem, makeRequest } from '../support/enrol.js';
import { eventually } from '../support/interop.js';
import type { Exhibit } from '../support/judges/judge.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';
const PATIENCE = 120_000;

describe('the whole way: service, agent, two Envoys', () => {
  let directory: string;
  let world: ServiceWorld;
  let agent: AgentProcess;
  let client: Envoy;
  let server: Envoy;
  let environment: Record<string, string>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agent-service-'));
    world = await ServiceWorld.start();
    const selectors = [{ uid: process.getuid!() }];
    await world.place(
      'node-1',
      [front, back].map((spiffeId) => ({ spiffeId, selectors, suspended: false })),
    );
    environment = {
      CARTULARY_AGENT_AUTHORITY: world.grpcAddress,
      CARTULARY_AGENT_CA_FILE: world.caFile,
      CARTULARY_AGENT_JOIN_TOKEN: await world.joinToken('node-1'),
    };
    agent = await AgentProcess.start(directory, environment);
    const [port, adminPort, frontPort, frontAdmin] = (await freePorts(4)) as [number, number, number, number];
    const root = world.service.read('root.crt');
    const common = { socket: agent.socket, protocol: 'DELTA_GRPC' } as const;
    const served: Side = { ...common, identity: back, peers: [front], port, adminPort };
    const asking: Side = { ...common, identity: front, peers: [back], port: frontPort, adminPort: frontAdmin };
    server = await Envoy.start(directory, 'back', serverSide(served), { port, adminPort, root });
    const started = { port: frontPort, adminPort: frontAdmin, root };
    client = await Envoy.start(directory, 'front', clientSide(asking, port), started);
  });
  afterAll(async () => {
    await client?.close();
    await server?.close();
    await agent?.stop();
    await world?.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Somebody holds a certificate of the identity that no agent keeps. */
  const stolen = async (): Promise<{ exhibit: Exhibit; serial: string }> => {
    const { csr, key } = await makeRequest();
    const { body } = await world.rest.post('/v1/certificates', { csr, identity: front }).expect(201);
    const { serial, certificate, chain } = body as { serial: string; certificate: string; chain: string };
    return { serial, exhibit: { keyPem: keyPem(key), certificate, chain } };
  };
  const accepts = async (exhibit: Exhibit): Promise<boolean> => (await server.knock(exhibit)).accepted;

  it('passes requests over mutual TLS, with certificates of the real CA', async () => {
    expect(
      await eventually(
        () => client.get(),
        (status) => status === 200,
      ),
    ).toBe(200);
    expect((await agent.readiness()).ready).toBe(true);
  });

  it('refuses revoked certificates soon after the acknowledgement', async () => {
    const times: number[] = [];
    for (let round = 0; round < 10; round++) {
      const { exhibit, serial } = await stolen();
      expect(await accepts(exhibit)).toBe(true);
      await world.revoke(serial);
      const acknowledged = performance.now();
      expect(
        await eventually(
          () => accepts(exhibit),
          (accepted) => !accepted,
        ),
      ).toBe(false);
      times.push(Math.round(performance.now() - acknowledged));
    }
    times.sort((a, b) => a - b);
    console.log(`revocation acknowledged → new handshake refused: ${times.join(', ')} ms`);
    expect(await client.get()).toBe(200);
  });

  it('takes a held certificate again after its release', async () => {
    const { exhibit, serial } = await stolen();
    await world.revoke(serial, 'certificateHold');
    expect(
      await eventually(
        () => accepts(exhibit),
        (accepted) => !accepted,
      ),
    ).toBe(false);
    await world.rest.post(`/v1/revocations/${serial}/release`).expect(200);
    expect(
      await eventually(
        () => accepts(exhibit),
        (accepted) => accepted,
      ),
    ).toBe(true);
  });

  it('gives the agent’s own workload another certificate when its own is revoked', async () => {
    const socket = new SocketClient(agent.socket);
    const svids = socket.svids();
    const serials = async (): Promise<string[]> =>
      (await svids.next()).svids.map(({ x509Svid }) => new X509Certificate(x509Svid).serialNumber.toLowerCase());
    const before = await serials();
    await world.revoke(before[1]!);
    const after = await eventually(serials, (now) => now[1] !== before[1]);
    expect(after[0]).toBe(before[0]);
    expect(
      await eventually(
        () => client.get(),
        (status) => status === 200,
      ),
    ).toBe(200);
    svids.cancel();
    socket.close();
  });

  it.each(spiffeClients)('serves %s', async (name) => {
    const program = SpiffeClient.start(name, agent.socket);
    expect(await program.next()).toMatchObject({ Anchors: 1, SpiffeId: expect.stringContaining('/ns/shop/sa/') });
    await program.close();
  });

  it('goes on while the service is away, and finds it again', async () => {
    await world.service.kill();
    const away = await eventually(
      () => agent.readiness(),
      ({ checks }) => checks['agent-trust']?.detail?.includes('away') === true,
    );
    expect(away.ready).toBe(true);
    expect(away.checks['agent-trust']!.detail).toContain('the CA is away since');
    expect(await client.get()).toBe(200);
    await world.service.restart();
    const back = await eventually(
      () => agent.readiness(),
      ({ checks }) => checks['agent-trust']?.detail?.includes('away') === false,
    );
    expect(back.checks['agent-trust']!.detail).not.toContain('away');
    const { exhibit, serial } = await stolen();
    await world.revoke(serial);
    expect(
      await eventually(
        () => accepts(exhibit),
        (accepted) => !accepted,
      ),
    ).toBe(false);
  });

  it(
    'does not need its join token a second time',
    async () => {
      expect(await agent.stop()).toBe(0);
      expect(await client.get()).toBe(200);
      agent = await AgentProcess.start(directory, { ...environment, CARTULARY_AGENT_JOIN_TOKEN: '' });
      expect(agent.ready.node).toBe('node-1');
      const { exhibit, serial } = await stolen();
      expect(await accepts(exhibit)).toBe(true);
      await world.revoke(serial);
      expect(
        await eventually(
          () => accepts(exhibit),
          (accepted) => !accepted,
        ),
      ).toBe(false);
      const log = await agent.log();
      expect(log).not.toContain(environment['CARTULARY_AGENT_JOIN_TOKEN']!);
      expect(log).not.toContain('PRIVATE KEY');
    },
    PATIENCE,
  );
});
