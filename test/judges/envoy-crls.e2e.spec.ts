import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAgent } from '@cartulary/agent/testing';
import { freePorts } from '@cartulary/testing';
import { derToPem } from '@cartulary/x509';
import { Envoy, type Memory } from '../support/agent/envoy.js';
import { serverSide, type Side } from '../support/agent/envoy-configuration.js';
import { stolenFrom } from '../support/agent/stolen.js';
import { eventually } from '../support/interop.js';
import type { Exhibit } from '../support/judges/judge.js';
import { type Growth, keptMemory, renderMemory } from '../support/traps/page.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';
const DAY = 24 * 3_600_000;
/** About 0.1, 0.5, 1 and 2 MB. */
const ENTRIES = [2_000, 10_050, 20_100, 40_200];
const CONTEXTS = [1, 10, 50];

interface Chain {
  readonly transport_socket: {
    readonly typed_config: {
      readonly common_tls_context: {
        readonly combined_validation_context: {
          readonly default_validation_context: { readonly match_typed_subject_alt_names: object[] };
        };
      };
    };
  };
}

/** The server's configuration with its TLS context this many times over, each for other peers and another server name. */
const withContexts = (side: Side, contexts: number): object => {
  const configuration = structuredClone(serverSide(side)) as {
    static_resources: { listeners: { filter_chains: Chain[]; listener_filters?: object[] }[] };
  };
  const [listener] = configuration.static_resources.listeners;
  const [chain] = listener!.filter_chains;
  const more = Array.from({ length: contexts - 1 }, (_, index) => {
    const other = structuredClone(chain!);
    const { combined_validation_context } = other.transport_socket.typed_config.common_tls_context;
    const exact = `spiffe://cluster.local/ns/shop/sa/peer${index}`;
    const { match_typed_subject_alt_names } = combined_validation_context.default_validation_context;
    match_typed_subject_alt_names.push({ san_type: 'URI', matcher: { exact } });
    return { ...other, filter_chain_match: { server_names: [`n${index}.test`] } };
  });
  listener!.filter_chains.push(...more);
  const inspector = 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector';
  listener!.listener_filters = [{ name: 'envoy.filters.listener.tls_inspector', typed_config: { '@type': inspector } }];
  return configuration;
};

describe('Envoys with 1, 10 and 50 TLS contexts, and a CRL that grows beyond 1 MB', () => {
  let directory: string;
  let agent: TestAgent;
  const servers: Envoy[] = [];
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'envoy-crls-'));
    agent = await TestAgent.start();
    agent.authority.place([{ spiffeId: back, selectors: [{ uid: process.getuid!() }], suspended: false }]);
    const root = derToPem(agent.authority.ca.bundle.anchors[0]!, 'CERTIFICATE');
    const ports = await freePorts(2 * CONTEXTS.length);
    for (const contexts of CONTEXTS) {
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
  /** Of each Envoy, once it has let go of what it had before. */
  const memory = async (): Promise<Memory[]> => {
    await sleep(1_000);
    return Promise.all(servers.map((server) => server.memory()));
  };
  const all = async (exhibit: Exhibit): Promise<boolean[]> =>
    (await Promise.all(servers.map((server) => server.knock(exhibit)))).map(({ accepted }) => accepted);
  const become = (exhibit: Exhibit, wanted: boolean) =>
    eventually(
      () => all(exhibit),
      (seen) => seen.every((accepted) => accepted === wanted),
    );

  it('take it, need memory as docs/envoy-crls.md says, and forget it with a CRL that has no entries', async () => {
    const { ca } = agent.authority;
    const { exhibit: good } = await stolen();
    let latest = good;
    const before = await memory();
    const now = new Date();
    const growths: Growth[] = [];
    let listed = 0;
    for (const entries of ENTRIES) {
      await ca.revokeMany(entries - listed, now, new Date(now.getTime() + DAY));
      listed = entries;
      const { exhibit: bad, serial } = await stolen();
      expect(await all(bad)).toEqual(CONTEXTS.map(() => true));
      await agent.authority.revoke(serial);
      expect(await become(bad, false)).toEqual(CONTEXTS.map(() => false));
      expect(await all(good)).toEqual(CONTEXTS.map(() => true));
      const crlMb = ca.crls.find(({ issuerId }) => issuerId === ca.workloadIssuerId)!.der.length / 1e6;
      (await memory()).forEach(({ allocated, physical }, index) => {
        const contexts = CONTEXTS[index]!;
        const [allocatedMb, physicalMb] = [allocated - before[index]!.allocated, physical - before[index]!.physical];
        growths.push({ crlMb, contexts, allocatedMb, physicalMb });
      });
      latest = bad;
    }
    expect(growths.some(({ crlMb }) => crlMb > 1 && crlMb < 1.05)).toBe(true);
    const rendered = renderMemory(growths);
    console.log(rendered);
    const kept = await keptMemory(rendered);
    for (const { crlMb, contexts, allocatedMb } of growths) {
      const budget = kept.get(`${crlMb.toFixed(1)} MB`)?.[CONTEXTS.indexOf(contexts)] ?? NaN;
      const what = `${crlMb} MB in ${contexts} contexts: ${allocatedMb.toFixed(1)} MB, docs/envoy-crls.md has ${budget}`;
      expect(Math.abs(allocatedMb - budget), what).toBeLessThanOrEqual(Math.max(1, budget / 4));
    }
    // All of them parsed it; what a context that is used needs more is nothing.
    const [, ten] = servers as [Envoy, Envoy, Envoy];
    const idle = await ten.memory();
    for (let index = 0; index < CONTEXTS[1]! - 1; index++) {
      expect((await ten.knock(latest, `n${index}.test`)).accepted).toBe(false);
      expect((await ten.knock(good, `n${index}.test`)).accepted).toBe(true);
    }
    expect((await ten.memory()).allocated - idle.allocated).toBeLessThan(1);

    agent.authority.publish(await ca.clear(new Date()));
    expect(await become(latest, true)).toEqual(CONTEXTS.map(() => true));
  });
});
