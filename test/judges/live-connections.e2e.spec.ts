import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Enforcement } from '@cartulary/contracts';
import { freePorts } from '@cartulary/testing';
import { AgentProcess } from '../support/agent/agent-process.js';
import { bootstrap } from '../support/agent/bootstrap.js';
import { Envoy } from '../support/agent/envoy.js';
import {
  type Held,
  holdOutbound,
  holdRequests,
  holdStream,
  holdTcp,
  holdWebSocket,
  knocks,
  listens,
  LiveApps,
  sessionOf,
} from '../support/agent/live-scene.js';
import { ServiceWorld } from '../support/agent/service-world.js';
import { keyPem, makeRequest } from '../support/enrol.js';
import { eventually } from '../support/interop.js';
import type { Exhibit } from '../support/judges/judge.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';
const rounds = process.env['CARTULARY_FULL'] === '1' ? 100 : 10;
const LIMIT_MS = 1_000;

type Seven = [number, number, number, number, number, number, number];
type Ports = [...Seven, number, number, number, number, number, number, number, number];

/** Value below which a share of them lies. */
const share = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(values.length * part) - 1)]!;

describe('a revocation and what is open: real service, agent process, two Envoys', () => {
  let directory: string;
  let world: ServiceWorld;
  let agent: AgentProcess;
  let apps: LiveApps;
  let environment: Record<string, string>;
  let server: Envoy;
  let client: Envoy;
  let root: string;
  let ports: Record<'http' | 'http2' | 'tcp' | 'banner' | 'open' | 'outHttp' | 'outTcp' | 'brief' | 'briefest', number>;
  const times = new Map<string, number[]>();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'live-'));
    world = await ServiceWorld.start();
    const selectors = [{ uid: process.getuid!() }];
    await world.place(
      'node-1',
      [front, back].map((spiffeId) => ({ spiffeId, selectors, suspended: false })),
    );
    const [http, http2, tcp, banner, open, outHttp, outTcp, ...others] = (await freePorts(15)) as Ports;
    const [appHttp, appHttp2, appTcp, appBanner, serverAdmin, clientAdmin, brief, briefest] = others;
    ports = { http, http2, tcp, banner, open, outHttp, outTcp, brief, briefest };
    const of = (service: string, port: number, appPort: number, protocol: string, more: object = {}) => ({
      ...{ service, port, appPort, protocol, ...more },
    });
    const to = (service: string, port: number, protocol: string, at: number) => ({
      ...{ service, port, protocol, endpoints: [`127.0.0.1:${at}`] },
    });
    const mesh = {
      workloads: [
        {
          name: 'back',
          identity: back,
          accessLog: '/dev/null',
          inbound: [
            of('web', http, appHttp, 'http'),
            of('grpc', http2, appHttp2, 'http'),
            of('raw', tcp, appTcp, 'tcp'),
            of('banner', banner, appBanner, 'tcp'),
            of('lax', open, appHttp, 'http', { withoutAgent: 'open', check: 'connection' }),
            of('brief', brief, appHttp, 'http', { longestRequest: 10 }),
            of('briefest', briefest, appHttp2, 'http', { longestRequest: 1 }),
          ],
        },
        {
          name: 'front',
          identity: front,
          accessLog: '/dev/null',
          outbound: [to('web', outHttp, 'http', http), to('raw', outTcp, 'tcp', tcp)],
        },
      ],
      services: ['web', 'grpc', 'raw', 'banner', 'lax', 'brief', 'briefest'].map((service) => ({
        service,
        runs: [back],
        callers: [front],
      })),
    };
    await writeFile(join(directory, 'mesh.json'), JSON.stringify(mesh));
    apps = await LiveApps.start({ tcp: appTcp, banner: appBanner, http: appHttp, http2: appHttp2 });
    environment = {
      CARTULARY_AGENT_AUTHORITY: world.grpcAddress,
      CARTULARY_AGENT_CA_FILE: world.caFile,
      CARTULARY_AGENT_JOIN_TOKEN: await world.joinToken('node-1'),
      CARTULARY_AGENT_MESH_FILE: join(directory, 'mesh.json'),
    };
    agent = await AgentProcess.start(directory, environment);
    root = world.service.read('root.crt');
    const more = ['--drain-time-s', '0'];
    const backs = { port: http, adminPort: serverAdmin, root, cluster: 'back', more };
    server = await Envoy.start(directory, 'back', bootstrap(agent.socket, serverAdmin), backs);
    const fronts = { port: outHttp, adminPort: clientAdmin, root, cluster: 'front', more };
    client = await Envoy.start(directory, 'front', bootstrap(agent.socket, clientAdmin), fronts);
    const ready = await eventually(
      () => client.get().catch(() => 0),
      (status) => status === 200,
    );
    expect(ready).toBe(200);
  });
  afterAll(async () => {
    await client?.close();
    await server?.close();
    await agent?.stop();
    await apps?.close();
    await world?.close();
    await rm(directory, { recursive: true, force: true });
    for (const [what, all] of times) {
      const [p50, p99] = [share(all, 0.5), share(all, 0.99)].map((value) => Math.round(value));
      console.log(`revocation acknowledged → ${what}: p50 ${p50} ms, p99 ${p99} ms, ${all.length} times`);
    }
  });

  const stolen = async (identity = front): Promise<{ exhibit: Exhibit; serial: string }> => {
    const { csr, key } = await makeRequest();
    const { body } = await world.rest.post('/v1/certificates', { csr, identity }).expect(201);
    const { serial, certificate, chain } = body as { serial: string; certificate: string; chain: string };
    return { serial, exhibit: { keyPem: keyPem(key), certificate, chain } };
  };
  const note = (what: string, milliseconds: number): void => {
    times.set(what, [...(times.get(what) ?? []), Math.max(0, milliseconds)]);
  };
  const within = async (what: string, held: Held, acknowledged: number): Promise<void> => {
    const cut = await Promise.race([held.cut, sleep(10_000).then(() => undefined)]);
    held.close();
    expect(cut, what).toBeDefined();
    note(what, cut! - acknowledged);
  };

  it(
    'cuts off a revoked client: requests, streams, WebSockets, raw TCP; and new handshakes, also with an old session',
    async () => {
      const other = await stolen();
      for (let round = 0; round < rounds; round++) {
        const { exhibit, serial } = await stolen();
        const at = (port: number) => ({ port, root, exhibit });
        const { session, tickets } = await sessionOf(at(ports.http));
        expect(tickets).toBe(0);
        const held = {
          'an open HTTP connection’s next request refused': await holdRequests(at(ports.http)),
          'HTTP, asked about once a connection, cut off': await holdRequests(at(ports.open)),
          'a gRPC stream cut off': await holdStream(at(ports.http2)),
          'a WebSocket cut off': await holdWebSocket(at(ports.http)),
          'raw TCP cut off': await holdTcp(at(ports.tcp)),
        };
        await world.revoke(serial);
        const acknowledged = performance.now();
        const handshakes = async (what: string, with_?: Buffer) => {
          const seen = await eventually(
            () => knocks(at(ports.http), with_),
            ({ accepted }) => !accepted,
          );
          expect(seen).toEqual({ accepted: false, reused: false });
          note(what, performance.now() - acknowledged);
        };
        await Promise.all([
          handshakes('new handshakes refused'),
          handshakes('handshakes with an old session refused', session),
          ...Object.entries(held).map(([what, each]) => within(what, each, acknowledged)),
        ]);
        const good = await eventually(
          () => knocks({ port: ports.http, root, exhibit: other.exhibit }),
          ({ accepted }) => accepted,
        );
        expect(good.accepted).toBe(true);
      }
      for (const [what, all] of times) expect(share(all, 0.99), what).toBeLessThan(LIMIT_MS);
    },
    rounds * 5_000 + 60_000,
  );

  it('has every listener seen to enforce it, and cuts off nothing for that', async () => {
    const { exhibit } = await stolen();
    const held = {
      tcp: await holdTcp({ port: ports.tcp, root, exhibit }),
      out: await holdOutbound(ports.outTcp, 'tcp'),
    };
    const renewals = () => metric('agent_connections_renewed_total');
    const before = await renewals();
    for (let round = 0; round < 3; round++) {
      const { serial } = await stolen();
      await world.revoke(serial);
      // The client's proxy has no listener that could be tried.
      await expect.poll(async () => stragglers(serial), { timeout: 10_000, interval: 50 }).toEqual(['front']);
      const { body } = await world.rest.get(`/v1/enforcement/${serial}`).expect(200);
      expect(body.enforced.proxies).toBe(1);
      note('seen to be enforced by all five listeners (canary)', body.enforced.p50);
      await sleep(1_200);
    }
    expect(await Promise.race([held.tcp.cut, held.out.cut, sleep(500).then(() => 'open')])).toBe('open');
    // Those of the three certificates are all there are.
    expect((await renewals()) - before).toBeLessThanOrEqual(3);
    Object.values(held).forEach((each) => each.close());
  }, 60_000);

  const stragglers = async (serial: string): Promise<string[]> => {
    const { body } = await world.rest.get(`/v1/enforcement/${serial}`).expect(200);
    return [...new Set((body as Enforcement).stragglers.map(({ proxy = '' }) => proxy))];
  };
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${agent.ready.operationsPort}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`cartulary_${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };

  it('lets nobody into a TCP service who is not one of its callers', async () => {
    const { exhibit } = await stolen(back);
    const [before = 0] = Object.values(await server.stats(/in_raw\.?rbac\.denied/));
    await expect(holdTcp({ port: ports.tcp, root, exhibit })).rejects.toThrow('closed before an answer');
    const [denied] = Object.values(await server.stats(/in_raw\.?rbac\.denied/));
    expect(denied).toBeGreaterThan(before);
    // Nor does he hear what the workload would say by itself; a caller does, once he has spoken.
    expect(await listens({ port: ports.banner, root, exhibit })).toBe('');
    const { exhibit: caller } = await stolen();
    expect(await listens({ port: ports.banner, root, exhibit: caller }, 'hello')).toBe('secret');
  });

  it('leaves open what others have at a listener that the revoked certificate has not come to', async () => {
    const [innocent, guilty] = [await stolen(), await stolen()];
    const held = await holdTcp({ port: ports.tcp, root, exhibit: innocent.exhibit });
    const requests = await holdRequests({ port: ports.http, root, exhibit: guilty.exhibit });
    await world.revoke(guilty.serial);
    await requests.cut;
    const cut = await Promise.race([held.cut, sleep(1_000).then(() => 'open')]);
    expect(cut).toBe('open');
    held.close();
    requests.close();
  });

  it('cuts off nobody else where requests end by themselves', async () => {
    const [innocent, guilty] = [await stolen(), await stolen()];
    const at = (exhibit: Exhibit, port = ports.brief) => ({ port, root, exhibit });
    const held = await holdRequests(at(innocent.exhibit));
    const requests = await holdRequests(at(guilty.exhibit));
    await world.revoke(guilty.serial);
    const acknowledged = performance.now();
    await within('where requests end by themselves, the next one refused', requests, acknowledged);
    // He goes on asking over the connection that he has.
    const cut = await Promise.race([held.cut, sleep(1_000).then(() => 'open')]);
    expect(cut).toBe('open');
    held.close();
    // And they do end.
    await expect(holdWebSocket(at(innocent.exhibit))).rejects.toThrow('HTTP/1.1 403');
    const began = performance.now();
    const stream = await holdStream(at(innocent.exhibit, ports.briefest));
    const ended = (await stream.cut) - began;
    stream.close();
    expect(ended).toBeGreaterThan(900);
    expect(ended).toBeLessThan(3_000);
  });

  it(
    'cuts off a revoked server at its clients',
    async () => {
      for (let round = 0; round < rounds; round++) {
        const svids = await serverSerial();
        const held = {
          'raw TCP to a revoked server cut off': await holdOutbound(ports.outTcp, 'tcp'),
          'a WebSocket to a revoked server cut off': await holdOutbound(ports.outHttp, 'websocket'),
        };
        const before = await client.stat('cluster.out/web.upstream_cx_destroy');
        await client.get();
        await world.revoke(svids);
        const acknowledged = performance.now();
        const renewed = eventually(
          () => client.stat('cluster.out/web.upstream_cx_destroy'),
          (now) => now > before,
        ).then(() => note('connections to a revoked server made anew', performance.now() - acknowledged));
        await Promise.all([...Object.entries(held).map(([what, each]) => within(what, each, acknowledged)), renewed]);
        expect(await eventually(serverSerial, (serial) => serial !== svids)).not.toBe(svids);
        const status = await eventually(
          () => client.get().catch(() => 0),
          (seen) => seen === 200,
        );
        expect(status).toBe(200);
      }
      for (const [what, all] of times)
        if (!what.includes('canary')) expect(share(all, 0.99), what).toBeLessThan(LIMIT_MS);
    },
    rounds * 5_000 + 60_000,
  );

  it('refuses at a listener that is closed without the agent, and passes at one that is open, while the agent is dead', async () => {
    const { exhibit } = await stolen();
    const [closed, open] = [ports.http, ports.open].map((port) => ({ port, root, exhibit })) as [
      { port: number; root: string; exhibit: Exhibit },
      { port: number; root: string; exhibit: Exhibit },
    ];
    expect([(await knocks(closed)).accepted, (await knocks(open)).accepted]).toEqual([true, true]);
    const held = await holdTcp({ port: ports.tcp, root, exhibit });
    // The last revocation's CRL is there: one that came while no agent ran would be news to the next one, who cuts off all.
    await sleep(1_000);
    await agent.stop();
    expect([(await knocks(closed)).accepted, (await knocks(open)).accepted]).toEqual([false, true]);
    agent = await AgentProcess.start(directory, { ...environment, CARTULARY_AGENT_JOIN_TOKEN: '' });
    const again = await eventually(
      () => knocks(closed),
      ({ accepted }) => accepted,
    );
    expect(again.accepted).toBe(true);
    // A new agent takes over what its predecessor has served: nothing is cut off by that alone.
    const cut = await Promise.race([held.cut, sleep(1_000).then(() => 'open')]);
    expect(cut).toBe('open');
    held.close();
  }, 60_000);

  it('cuts off, after a restart of the agent, what was opened before it', async () => {
    const { exhibit, serial } = await stolen();
    const held = await holdTcp({ port: ports.tcp, root, exhibit });
    await agent.stop();
    await world.revoke(serial);
    agent = await AgentProcess.start(directory, { ...environment, CARTULARY_AGENT_JOIN_TOKEN: '' });
    const cut = await Promise.race([held.cut, sleep(15_000).then(() => undefined)]);
    expect(cut).toBeDefined();
    held.close();
  }, 60_000);

  const serverSerial = async (): Promise<string> => {
    const { X509Certificate } = await import('node:crypto');
    const { connect } = await import('node:tls');
    const { exhibit } = await shared();
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: ports.http, ca: root, checkServerIdentity: () => undefined };
      const socket = connect({ ...options, key: exhibit.keyPem, cert: exhibit.certificate + exhibit.chain }, () => {
        resolve(new X509Certificate(socket.getPeerCertificate().raw).serialNumber.toLowerCase());
        socket.destroy();
      });
      socket.once('error', reject);
    });
  };
  let one: Promise<{ exhibit: Exhibit; serial: string }> | undefined;
  const shared = () => (one ??= stolen());
});
