import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Enforcement } from '@cartulary/contracts';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { SimulatedAgents } from '../support/agent/simulated-agents.js';
import { makeRequest } from '../support/enrol.js';
import { residentMiB } from '../support/faults/raw-http.js';
import { cart, GrpcWorld } from '../support/grpc/world.js';

/** Node agents on one replica, and how many of them share a process; revocations that are timed. */
const { many, together, rounds } = process.env['CARTULARY_FULL']
  ? { many: 5_000, together: 1_250, rounds: 20 }
  : { many: 200, together: 200, rounds: 20 };
const say = (text: string): void => void process.stdout.write(`${text}\n`);

let database: TestDatabase;
let world: GrpcWorld;
const processes: SimulatedAgents[] = [];
beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  world = await GrpcWorld.start(database, { CARTULARY_MAX_CONNECTIONS: '8192', CARTULARY_GRPC_RATE: '1000' });
});
afterAll(async () => {
  for (const one of processes) await one.stop();
  await world?.dispose();
  await database?.drop();
});

const start = async (names: readonly string[]): Promise<SimulatedAgents> => {
  const started = await SimulatedAgents.join(world, names);
  processes.push(started);
  return started;
};
const report = async (reference: string): Promise<Enforcement> =>
  (await world.admin.get(`/v1/enforcement/${reference}`).expect(200)).body as Enforcement;
/** By the replica's own count: thousands of rows for a report several times a second would be most of what it does. */
const acknowledged = async (): Promise<number> => {
  const { text } = await world.admin.get('/metrics').expect(200);
  return Number(/^cartulary_trust_acknowledgements_total\{state="enforced"\} (\d+)/m.exec(text)?.[1] ?? 0);
};
const issue = async (): Promise<string> => {
  const { csr } = await makeRequest();
  return (await world.admin.post('/v1/certificates', { csr, identity: cart }).expect(201)).body.serial as string;
};
const revoke = async (serial: string): Promise<number> => {
  await world.admin.post('/v1/revocations', { serial, reason: 'keyCompromise' }).expect(201);
  return Date.now();
};
const percentile = (sorted: readonly number[], share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!;

it(
  'agents: what they cost, when they hear of a revocation, when all enforce it, and when one is missed',
  { timeout: 1_800_000 },
  async () => {
    const before = residentMiB(world.service.pid);
    const names = Array.from({ length: many }, (_, index) => `sim-${index}`);
    for (let from = 0; from < many; from += together) await start(names.slice(from, from + together));
    const [killed, frozen] = [await start(['killed']), await start(['frozen'])];
    const all = many + 2;
    const after = residentMiB(world.service.pid);
    say(
      `${all} agents on one replica: ${before} → ${after} MiB, ${(((after - before) * 1_024) / all).toFixed(0)} KiB an agent`,
    );

    const pushes: number[] = [];
    const enforced: number[] = [];
    const memory: number[] = [];
    let last: Enforcement | undefined;
    let serial = '';
    for (let round = 0; round < rounds; round++) {
      serial = await issue();
      const before = await acknowledged();
      const answered = await revoke(serial);
      await expect.poll(acknowledged, { timeout: 120_000, interval: 50 }).toBeGreaterThanOrEqual(before + all);
      enforced.push(Date.now() - answered);
      await expect
        .poll(async () => (last = await report(serial)).enforced.proxies, { timeout: 120_000, interval: 250 })
        .toBe(all);
      for (const one of processes) pushes.push(...(await one.heardOf(serial)).map((at) => Math.max(0, at - answered)));
      memory.push(residentMiB(world.service.pid));
      // A machine that is too busy to read pings shows agents as away, until it has read.
      await expect
        .poll(async () => (last = await report(serial)).stragglers, { timeout: 30_000, interval: 500 })
        .toEqual([]);
      expect(last?.nodes).toEqual({ known: all, present: all });
    }
    expect(pushes).toHaveLength(all * rounds);
    pushes.sort((one, other) => one - other);
    enforced.sort((one, other) => one - other);
    say(
      `revocation answered → heard by an agent: p50 ${percentile(pushes, 0.5)}, p99 ${percentile(pushes, 0.99)}, most ${pushes.at(-1)} ms`,
    );
    say(
      `revocation answered → all ${all} have acknowledged: p50 ${percentile(enforced, 0.5)}, most ${enforced.at(-1)} ms`,
    );
    say(
      `the report's own figures of the last one: p50 ${last?.enforced.p50?.toFixed(0)}, p99 ${last?.enforced.p99?.toFixed(0)} ms after it was committed`,
    );
    // What is done with is let go: it grows by what is under way, and then no more.
    say(`memory of the replica after each of ${rounds} revocations: ${memory.join(', ')} MiB`);
    const [early, late] = [Math.max(...memory.slice(0, rounds / 2)), Math.max(...memory.slice(rounds / 2))];
    expect(late).toBeLessThan(early * 1.15 + 32);

    for (const [name, agent, signal] of [
      ['killed', killed, 'SIGKILL'],
      ['frozen', frozen, 'SIGSTOP'],
    ] as const) {
      const died = Date.now();
      agent.signal(signal);
      await expect
        .poll(async () => (await report(serial)).stragglers.some((one) => one.node === name && one.why === 'away'), {
          timeout: 20_000,
          interval: 25,
        })
        .toBe(true);
      const missed = Date.now() - died;
      say(`an agent that was ${name} is named as straggler after ${missed} ms`);
      expect(missed).toBeLessThan(5_000);
    }
    // It says so of the next revocation, too, and nobody else is named.
    const next = await issue();
    await revoke(next);
    await expect.poll(async () => (await report(next)).enforced.proxies, { timeout: 120_000 }).toBe(many);
    const { stragglers, nodes } = await report(next);
    expect(nodes).toEqual({ known: all, present: many });
    expect(new Set(stragglers.map(({ node }) => node))).toEqual(new Set(['killed', 'frozen']));
    frozen.signal('SIGCONT');
    expect(processes.flatMap(({ failures }) => failures)).toEqual([]);
  },
);
