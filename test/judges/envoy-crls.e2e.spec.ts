import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAgent } from '@cartulary/agent/testing';
import { freePorts } from '@cartulary/testing';
import { derToPem } from '@cartulary/x509';
import { Envoy } from '../support/agent/envoy.js';
import { serverSide, type Side } from '../support/agent/envoy-configuration.js';
import { stolenFrom } from '../support/agent/stolen.js';
import { eventually } from '../support/interop.js';
import type { Exhibit } from '../support/judges/judge.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';
const DAY = 24 * 3_600_000;
const ENTRIES = 27_500;
const CONTEXTS = 10;

/** The server's configuration with its TLS context this many times over; only the first one is ever used. */
const withContexts = (side: Side, contexts: number): object => {
  const configuration = structuredClone(serverSide(side)) as {
    static_resources: { listeners: { filter_chains: object[]; listener_filters?: object[] }[] };
  };
  const [listener] = configuration.static_resources.listeners;
  const [chain] = listener!.filter_chains;
  const more = Array.from({ length: contexts - 1 }, (_, index) => ({
    ...structuredClone(chain),
    filter_chain_match: { server_names: [`n${index}.test`] },
  }));
  listener!.filter_chains.push(...more);
  const inspector = 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector';
  listener!.listener_filters = [{ name: 'envoy.filters.listener.tls_inspector', typed_config: { '@type': inspector } }];
  return configuration;
};

describe('Envoys with 1 and 10 TLS contexts, and a CRL that grows beyond 1 MB', () => {
  let directory: string;
  let agent: TestAgent;
  const servers: Envoy[] = [];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'envoy-crls-'));
    agent = await TestAgent.start();
    agent.authority.place([{ spiffeId: back, selectors: [{ uid: process.getuid!() }], suspended: false }]);
    const root = derToPem(agent.authority.ca.bundle.anchors[0]!, 'CERTIFICATE');
    const ports = await freePorts(4);
    for (const contexts of [1, CONTEXTS]) {
      const [port, adminPort] = ports.splice(0, 2) as [number, number];
      const side: Side = { socket: agent.socket, protocol: 'GRPC', identity: back, peers: [front], port, adminPort };
      const configuration = withContexts(side, contexts);
      servers.push(await Envoy.start(directory, `with-${contexts}`, configuration, { port, adminPort, root }));
    }
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
    await agent?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const stolen = () => stolenFrom(agent.authority.ca, front);
  /** What each Envoy has allocated; its gauge is as of its last flush, every 5 s. */
  const memory = async (): Promise<number[]> => {
    await sleep(6_000);
    return Promise.all(servers.map((server) => server.stat('server.memory_allocated')));
  };
  const all = async (exhibit: Exhibit): Promise<boolean[]> =>
    (await Promise.all(servers.map((server) => server.knock(exhibit)))).map(({ accepted }) => accepted);
  const become = (exhibit: Exhibit, wanted: boolean) =>
    eventually(
      () => all(exhibit),
      (seen) => seen.every((accepted) => accepted === wanted),
    );

  it('take it, need memory for each context, and forget it with a CRL that has no entries', async () => {
    const { ca } = agent.authority;
    const [{ exhibit: good }, { exhibit: bad, serial }] = [await stolen(), await stolen()];
    expect(await all(bad)).toEqual([true, true]);
    const before = await memory();
    const now = new Date();
    await ca.revokeMany(ENTRIES, now, new Date(now.getTime() + DAY));
    await agent.authority.revoke(serial);
    const { der } = ca.crls.find(({ issuerId }) => issuerId === ca.workloadIssuerId)!;
    expect(der.length).toBeGreaterThan(1_000_000);
    expect(await become(bad, false)).toEqual([false, false]);
    expect(await all(good)).toEqual([true, true]);

    const [one, many] = (await memory()).map((bytes, index) => bytes - before[index]!) as [number, number];
    const each = (many - one) / (CONTEXTS - 1) / der.length;
    const [size, first, ten] = [der.length, one, many].map((bytes) => (bytes / 1e6).toFixed(1));
    console.log(
      `CRL of ${size} MB: ${first} MB more with 1 context, ${ten} MB with ${CONTEXTS}: ${each.toFixed(2)} × for each`,
    );
    // DESIGN §11.2 has 1.3; the budget for proxies' CRLs rests on it.
    expect(each).toBeGreaterThan(0.8);
    expect(each).toBeLessThan(2);

    agent.authority.publish(await ca.clear(new Date()));
    expect(await become(bad, true)).toEqual([true, true]);
  });
});
