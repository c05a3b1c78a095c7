import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Enforcement } from '@cartulary/contracts';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { freePorts } from '@cartulary/testing';
import { AgentProcess } from '../support/agent/agent-process.js';
import { Envoy } from '../support/agent/envoy.js';
import { serverSide, type Side } from '../support/agent/envoy-configuration.js';
import { SimulatedAgents } from '../support/agent/simulated-agents.js';
import { makeRequest } from '../support/enrol.js';
import { GrpcWorld } from '../support/grpc/world.js';

const front = 'spiffe://cluster.local/ns/shop/sa/front';
const back = 'spiffe://cluster.local/ns/shop/sa/back';
const SIMULATED = 200;

let database: TestDatabase;
let world: GrpcWorld;
let directory: string;
let agent: AgentProcess;
let simulated: SimulatedAgents;
const envoys: Envoy[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'enforcement-'));
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  world = await GrpcWorld.start(database, { CARTULARY_GRPC_RATE: '1000' });
  for (const identity of [front, back]) await world.place(identity, 'node-real', [{ uid: process.getuid!() }]);
  const [port, adminPort, frontPort, frontAdmin] = (await freePorts(4)) as [number, number, number, number];
  agent = await AgentProcess.start(directory, {
    CARTULARY_AGENT_AUTHORITY: `localhost:${world.port}`,
    CARTULARY_AGENT_CA_FILE: world.service.file('root.crt'),
    CARTULARY_AGENT_JOIN_TOKEN: await world.joinToken('node-real'),
    CARTULARY_AGENT_CANARY_LISTENERS: `back=127.0.0.1:${port},front=127.0.0.1:${frontPort}`,
  });
  const common = { socket: agent.socket, protocol: 'DELTA_GRPC' } as const;
  const served: Side = { ...common, identity: back, peers: [front], port, adminPort };
  const other: Side = { ...common, identity: front, peers: [back], port: frontPort, adminPort: frontAdmin };
  const { root } = world;
  envoys.push(await Envoy.start(directory, 'back', serverSide(served), { port, adminPort, root }));
  const second = { port: frontPort, adminPort: frontAdmin, root };
  envoys.push(await Envoy.start(directory, 'front', serverSide(other), second));
  const names = Array.from({ length: SIMULATED }, (_, index) => `sim-${index}`);
  simulated = await SimulatedAgents.join(world, names);
});
afterAll(async () => {
  for (const envoy of envoys) await envoy.close();
  await agent?.stop();
  await simulated?.stop();
  await world?.dispose();
  await database?.drop();
  await rm(directory, { recursive: true, force: true });
});

const report = async (reference: string): Promise<Enforcement> =>
  (await world.admin.get(`/v1/enforcement/${reference}`).expect(200)).body as Enforcement;

it('two Envoys and 200 others: each enforces it, and the agent that is killed is named within 5 s', async () => {
  const { csr } = await makeRequest();
  const { body } = await world.admin.post('/v1/certificates', { csr, identity: front }).expect(201);
  const serial = body.serial as string;
  await world.admin.post('/v1/revocations', { serial, reason: 'keyCompromise' }).expect(201);
  const all = SIMULATED + 2;
  await expect.poll(async () => (await report(serial)).enforced.proxies, { timeout: 30_000 }).toBe(all);
  // Of the two Envoys it is said because they were seen to refuse the canary, and a good certificate not.
  const before = await report(serial);
  expect(before).toMatchObject({ proxies: all, delivered: { proxies: all }, stragglers: [] });
  for (const envoy of envoys) {
    const [refused] = Object.values(await envoy.stats(/listener\..*ssl\.fail_verify_error/));
    expect(refused).toBeGreaterThan(0);
  }
  const { delivered, enforced } = before;
  for (const [what, { p50, p99 }] of Object.entries({ delivered, enforced })) {
    process.stdout.write(
      `${what}: ${all} proxies, two of them Envoys: p50 ${p50!.toFixed(0)}, p99 ${p99!.toFixed(0)} ms\n`,
    );
  }

  const died = Date.now();
  process.kill(agent.pid, 'SIGKILL');
  const isNamed = ({ stragglers }: Enforcement): boolean =>
    stragglers.some(({ node, why }) => node === 'node-real' && why === 'away');
  await expect.poll(async () => isNamed(await report(serial)), { timeout: 20_000, interval: 25 }).toBe(true);
  const missed = Date.now() - died;
  process.stdout.write(`the killed agent is named after ${missed} ms\n`);
  expect(missed).toBeLessThan(5_000);
  expect((await report(serial)).nodes).toEqual({ known: SIMULATED + 1, present: SIMULATED });
});
