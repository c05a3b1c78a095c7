import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMesh, TestAgent } from '@cartulary/agent/testing';
import { freePorts } from '@cartulary/testing';
import { derToPem } from '@cartulary/x509';
import { Envoy } from '../support/agent/envoy.js';
import { serverSide, type Side } from '../support/agent/envoy-configuration.js';
import { stolenFrom } from '../support/agent/stolen.js';
import type { Exhibit } from '../support/judges/judge.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';
const DURATION_MS = process.env['CARTULARY_FULL'] === '1' ? 10_000 : 1_500;
const extension = (name: string): string => `type.googleapis.com/envoy.extensions.filters.http.${name}`;

const extAuthz = (listener: string): object => ({
  name: 'envoy.filters.http.ext_authz',
  typed_config: {
    '@type': extension('ext_authz.v3.ExtAuthz'),
    transport_api_version: 'V3',
    include_peer_certificate: true,
    grpc_service: {
      envoy_grpc: { cluster_name: 'agent' },
      timeout: '0.5s',
      initial_metadata: [{ key: 'cartulary-listener', value: listener }],
    },
  },
});

/** As above, once for each connection. */
const onConnection = (listener: string): object => {
  const { typed_config, name } = extAuthz(listener) as { name: string; typed_config: object };
  const type = 'type.googleapis.com/envoy.extensions.filters.network.ext_authz.v3.ExtAuthz';
  return { name: name.replace('http', 'network'), typed_config: { ...typed_config, '@type': type, stat_prefix: 'in' } };
};

/** The other way that was tried: revoked certificates by their digests, in the proxy itself. */
const rbac = (digests: readonly string[]): object => {
  const digest = {
    select_expr: { operand: { ident_expr: { name: 'connection' } }, field: 'sha256_peer_certificate_digest' },
  };
  const elements = digests.map((string_value) => ({ const_expr: { string_value } }));
  const condition = { call_expr: { function: '@in', args: [digest, { list_expr: { elements } }] } };
  const revoked = { permissions: [{ any: true }], principals: [{ any: true }], condition };
  return {
    name: 'envoy.filters.http.rbac',
    typed_config: { '@type': extension('rbac.v3.RBAC'), rules: { action: 'DENY', policies: { revoked } } },
  };
};

describe('two ways to refuse requests of a revoked certificate', () => {
  let directory: string;
  let agent: TestAgent;
  let root: string;
  let good: Exhibit;
  let bad: Exhibit;
  const envoys = new Map<string, { envoy: Envoy; port: number }>();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'peer-checks-'));
    const ports = await freePorts(12);
    const inbound = [{ service: 'web', port: 15_000, appPort: 15_001, protocol: 'http' }];
    const services = [{ service: 'web', runs: [back], callers: [front] }];
    const mesh = parseMesh(JSON.stringify({ workloads: [{ name: 'back', identity: back, inbound }], services }));
    agent = await TestAgent.start({ mesh });
    agent.authority.place([{ spiffeId: back, selectors: [{ uid: process.getuid!() }], suspended: false }]);
    root = derToPem(agent.authority.ca.bundle.anchors[0]!, 'CERTIFICATE');
    [{ exhibit: good }, { exhibit: bad }] = [
      await stolenFrom(agent.authority.ca, front),
      await stolenFrom(agent.authority.ca, front),
    ];
    const digestOf = ({ certificate }: Exhibit): string =>
      createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
    const others = (count: number): string[] => Array.from({ length: count }, () => randomBytes(32).toString('hex'));
    const variants: Record<string, object[]> = {
      'no check': [],
      'ext_authz, once a connection': [],
      ext_authz: [extAuthz('back/in/web/15000')],
      'RBAC, 10 digests': [rbac([...others(9), digestOf(bad)])],
      'RBAC, 1 000 digests': [rbac([...others(999), digestOf(bad)])],
    };
    for (const [index, [name, filters]] of Object.entries(variants).entries()) {
      const [port, adminPort] = [ports[index * 2]!, ports[index * 2 + 1]!];
      const side: Side = { socket: agent.socket, protocol: 'GRPC', identity: back, peers: [front], port, adminPort };
      const configuration = structuredClone(serverSide(side)) as {
        static_resources: {
          listeners: { filter_chains: { filters: { typed_config: { http_filters: object[] } }[] }[] }[];
        };
      };
      configuration.static_resources.listeners[0]!.filter_chains[0]!.filters[0]!.typed_config.http_filters.unshift(
        ...filters,
      );
      if (name.includes('once')) {
        configuration.static_resources.listeners[0]!.filter_chains[0]!.filters.unshift(
          onConnection('back/in/web/15000') as { typed_config: { http_filters: object[] } },
        );
      }
      const envoy = await Envoy.start(directory, `v${index}`, configuration, { port, adminPort, root });
      envoys.set(name, { envoy, port });
    }
  });
  afterAll(async () => {
    for (const { envoy } of envoys.values()) await envoy.close();
    await agent?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const opened = (port: number, { keyPem, certificate, chain }: Exhibit): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, ca: root, checkServerIdentity: () => undefined };
      const socket = connect({ ...options, key: keyPem, cert: certificate + chain }, () => resolve(socket));
      socket.once('error', reject);
    });
  const ask = (socket: TLSSocket): Promise<string> =>
    new Promise((resolve) => {
      socket.once('data', (chunk: Buffer) => resolve(chunk.toString().slice(0, 12)));
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    });

  it('both refuse on a connection that is open; only one knows what a CRL says', async () => {
    // Revoked where the proxy's own CRL is not asked again: on a connection from before.
    const sockets = new Map<string, TLSSocket>();
    for (const [name, { port }] of envoys) if (!name.includes('once')) sockets.set(name, await opened(port, bad));
    const before = await ask(sockets.get('ext_authz')!);
    expect(before).toBe('HTTP/1.1 200');
    expect(await ask(sockets.get('RBAC, 1 000 digests')!)).toBe('HTTP/1.1 403');
    const serial = new X509Certificate(bad.certificate).serialNumber.toLowerCase();
    await agent.authority.revoke(serial);
    let said = before;
    for (let tries = 0; said === before && tries < 200; tries++) said = await ask(sockets.get('ext_authz')!);
    expect(said).toBe('HTTP/1.1 403');
    expect(await ask(sockets.get('no check')!)).toBe('HTTP/1.1 200');
    for (const socket of sockets.values()) socket.destroy();
  });

  it('costs this much for each request', async () => {
    const medians = new Map<string, number>();
    for (const [name, { port }] of envoys) {
      const one = await opened(port, good);
      const times: number[] = [];
      const until = performance.now() + DURATION_MS;
      while (performance.now() < until) {
        const start = performance.now();
        expect(await ask(one)).toBe('HTTP/1.1 200');
        times.push(performance.now() - start);
      }
      one.destroy();
      times.sort((a, b) => a - b);
      const several = await Promise.all(Array.from({ length: 16 }, () => opened(port, good)));
      let count = 0;
      const end = performance.now() + DURATION_MS;
      await Promise.all(
        several.map(async (socket) => {
          while (performance.now() < end) {
            await ask(socket);
            count += 1;
          }
          socket.destroy();
        }),
      );
      const [median, p99] = [times[times.length >> 1]!, times[Math.floor(times.length * 0.99)]!];
      medians.set(name, median);
      const rate = Math.round((count / DURATION_MS) * 1_000);
      console.log(`${name}: p50 ${median.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms; 16 connections: ${rate} requests/s`);
    }
    expect(medians.get('ext_authz, once a connection')! - medians.get('no check')!).toBeLessThan(5);
    expect(medians.get('ext_authz')! - medians.get('no check')!).toBeLessThan(20);
  });
});
