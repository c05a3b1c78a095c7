import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAgent } from '@cartulary/agent/testing';
import type { Enforcement } from '@cartulary/contracts';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { freePorts } from '@cartulary/testing';
import { derToPem } from '@cartulary/x509';
import { AgentProcess } from '../support/agent/agent-process.js';
import { Envoy } from '../support/agent/envoy.js';
import { serverSide, type Side, withoutCrl } from '../support/agent/envoy-configuration.js';
import { makeRequest } from '../support/enrol.js';
import { GrpcWorld } from '../support/grpc/world.js';

const one = 'spiffe://cluster.local/ns/shop/sa/one';
const other = 'spiffe://cluster.local/ns/shop/sa/other';
const uid = process.getuid!();

let database: TestDatabase;
let world: GrpcWorld;
let directory: string;
const running: { close(): Promise<unknown> }[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'canaries-'));
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  world = await GrpcWorld.start(database);
});
afterAll(async () => {
  for (const each of running.reverse()) await each.close();
  await world?.dispose();
  await database?.drop();
  await rm(directory, { recursive: true, force: true });
});

const report = async (reference: string | number): Promise<Enforcement> =>
  (await world.admin.get(`/v1/enforcement/${reference}`).expect(200)).body as Enforcement;
const revoke = async (): Promise<string> => {
  const { csr } = await makeRequest();
  const { body } = await world.admin.post('/v1/certificates', { csr, identity: one }).expect(201);
  await world.admin.post('/v1/revocations', { serial: body.serial, reason: 'keyCompromise' }).expect(201);
  return body.serial as string;
};
const agentOn = async (node: string, identities: readonly string[], environment: Readonly<Record<string, string>>) => {
  for (const identity of identities) await world.place(identity, node, [{ uid }]);
  const own = await mkdtemp(join(directory, `${node}-`));
  const agent = await AgentProcess.start(own, {
    CARTULARY_AGENT_AUTHORITY: `localhost:${world.port}`,
    CARTULARY_AGENT_CA_FILE: world.service.file('root.crt'),
    CARTULARY_AGENT_JOIN_TOKEN: await world.joinToken(node),
    CARTULARY_LOG_LEVEL: 'debug',
    ...environment,
  });
  running.push({ close: () => agent.stop() });
  return agent;
};
const of = (node: string, { stragglers }: Enforcement): string[] =>
  stragglers.filter((each) => each.node === node).map(({ proxy, context, why }) => `${proxy} ${context} ${why}`);
const metric = async (agent: AgentProcess, name: string): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${agent.ready.operationsPort}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`cartulary_${name} `))
      ?.split(' ')
      .at(-1) ?? NaN,
  );
};

describe('a listener that enforces, and two that look at no CRL', () => {
  let agent: AgentProcess;
  let good: number;
  let deaf: number;
  let choosy: number;

  beforeAll(async () => {
    const ports = (await freePorts(6)) as [number, number, number, number, number, number];
    const [oneAdmin, twoAdmin] = ports;
    [, , good, deaf, , choosy] = ports;
    const two = ports[4];
    agent = await agentOn('by-hand', [one, other], {
      CARTULARY_AGENT_CANARY_LISTENERS: `one=127.0.0.1:${good},two=127.0.0.1:${two},two=127.0.0.1:${deaf},two=127.0.0.1:${choosy}`,
    });
    const common = { socket: agent.socket, protocol: 'DELTA_GRPC', peers: [other] } as const;
    const { root } = world;
    const first: Side = { ...common, identity: one, port: good, adminPort: oneAdmin };
    running.push(await Envoy.start(directory, 'one', serverSide(first), { port: good, adminPort: oneAdmin, root }));
    const second: Side = { ...common, identity: one, peers: [], port: two, adminPort: twoAdmin };
    const configuration = withoutCrl(withoutCrl(serverSide(second), deaf, root), choosy, root, [other]);
    running.push(await Envoy.start(directory, 'two', configuration, { port: two, adminPort: twoAdmin, root }));
  });

  it('are told apart: the one is enforcing, the others have it delivered, and one of them lets the canary in', async () => {
    const serial = await revoke();
    // The third refuses the canary, too, but for its name: that proves nothing.
    const expected = [
      `two 127.0.0.1:${deaf} canary-accepted`,
      `two 127.0.0.1:${choosy} not-enforced`,
      'two ROOTCA not-enforced',
    ].sort();
    await expect.poll(async () => of('by-hand', await report(serial)).sort(), { timeout: 20_000 }).toEqual(expected);
    const said = await report(serial);
    expect(said).toMatchObject({ proxies: 2, delivered: { proxies: 2 }, enforced: { proxies: 1 } });
    process.stdout.write(
      `enforced after ${said.enforced.p50!.toFixed(0)} ms, delivered after ${said.delivered.p50!.toFixed(0)} ms\n`,
    );
    expect(await metric(agent, 'agent_canary_listeners{state="accepting"}')).toBe(1);
    expect(await metric(agent, 'agent_canary_listeners{state="enforcing"}')).toBe(2);
    const log = await agent.log();
    expect(log).toContain(`127.0.0.1:${deaf} of two ACCEPTS A REVOKED CERTIFICATE`);
    // certificate_unknown, and a good one of this node is let in.
    const refusal = `127.0.0.1:${choosy} of two: unclear; canary: unclear \\(.*alert number 46.*\\), good: accepted`;
    expect(log).toMatch(new RegExp(refusal));
    expect(log).not.toContain('PRIVATE KEY');
  });
});

describe('a canary that has ended', () => {
  it('proves as much to an Envoy that comes late: what is revoked is refused for that first', async () => {
    const [port, adminPort] = (await freePorts(2)) as [number, number];
    const agent = await TestAgent.start({
      environment: { CARTULARY_AGENT_CANARY_LISTENERS: `late=127.0.0.1:${port}` },
    });
    running.push(agent);
    agent.authority.place([{ spiffeId: one, selectors: [{ uid }], suspended: false }]);
    const { issuerId, number } = await agent.authority.canary(-60_000);
    const root = derToPem(agent.authority.ca.bundle.anchors[0]!, 'CERTIFICATE');
    const side: Side = { socket: agent.socket, protocol: 'GRPC', identity: one, peers: [], port, adminPort };
    running.push(await Envoy.start(directory, 'late', serverSide(side), { port, adminPort, root }));
    const said = () => agent.authority.acknowledged.filter(({ state }) => state === 'enforced');
    // The root's and the intermediate's came to the Envoy no later than the CRL of the canary.
    await expect.poll(said, { timeout: 20_000 }).toHaveLength(2 * agent.authority.ca.issuerIds.length);
    expect(new Set(said().map(({ context }) => context))).toEqual(new Set([`127.0.0.1:${port}`, 'ROOTCA']));
    expect(said()).toContainEqual(expect.objectContaining({ issuerId, number, proxy: 'late' }));
  });
});
