import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SocketClient } from '@cartulary/agent/testing';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { AgentProcess } from '../support/agent/agent-process.js';
import { makeRequest } from '../support/enrol.js';
import { Flood, floodSize, MemoryWatch, NOBODY } from '../support/faults/flood.js';
import { readFacts } from '../support/faults/read-ledger.js';
import { bomb, type Ended, framed, rawCall, session, slowClients } from '../support/faults/slow-grpc.js';
import { type GrpcClient, type GrpcRefusal, refusalOf, type Shown } from '../support/grpc/clients.js';
import { cart, GrpcWorld } from '../support/grpc/world.js';

/** What the service and the agent may grow by, however many come. */
const SERVICE_MIB = 192;
const AGENT_MIB = 96;
/** Longest wait of a good client meanwhile. */
const SERVED_MS = 5_000;
const OF_EACH = 20;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

let database: TestDatabase;
let world: GrpcWorld;
let good: { client: GrpcClient; shown: Shown };
const tokens = { spent: '', other: '', late: '' };
beforeAll(async () => {
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  world = await GrpcWorld.start(database, { CARTULARY_GRPC_RATE: '1000' });
  good = await world.agent('good');
  await world.place(cart, 'good');
  tokens.spent = await world.joinToken('spent');
  await world.client().attest(tokens.spent, (await makeRequest()).csr);
  tokens.other = await world.joinToken('other');
  await world.place(cart, 'other', [{ uid: process.getuid!() }]);
  tokens.late = await world.joinToken('late', '1s');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
});
afterAll(async () => {
  await world?.dispose();
  await database?.drop();
});

/** Positions of everything but CRLs, which are refreshed by themselves. */
const decided = async (): Promise<number[]> =>
  (await readFacts(database.ownerUrl)).filter(({ type }) => !type.startsWith('Crl')).map(({ position }) => position);

let before: { readonly decided: number[]; readonly memory: MemoryWatch };
beforeEach(async () => {
  before = { decided: await decided(), memory: new MemoryWatch(world.service.pid) };
});
// After each: nothing was appended, memory was bounded, and the same process goes on.
afterEach(async () => {
  const { before: was, peak, after } = before.memory.figures();
  say(`the service's memory: ${was} MiB before, ${peak} at most, ${after} after`);
  expect(await decided()).toEqual(before.decided);
  expect(peak - was).toBeLessThan(SERVICE_MIB);
  expect(world.service.log()).not.toMatch(/uncaught|unhandled|"level":60/i);
  await good.client.listEntitlements();
});

/** Asks again and again, over an old connection and over new ones, until the work is done. Gives the longest wait of each. */
const servedDuring = async (work: Promise<unknown>): Promise<{ old: number; fresh: number; calls: number }> => {
  const longest = { old: 0, fresh: 0, calls: 0 };
  let over = false;
  const timed = async (kind: 'old' | 'fresh', ask: () => Promise<unknown>): Promise<void> => {
    while (!over) {
      const start = performance.now();
      await ask();
      longest[kind] = Math.max(longest[kind], Math.round(performance.now() - start));
      longest.calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const all = [
    timed('old', () => good.client.listEntitlements()),
    // Where there is no room it tries again, as every client does.
    timed('fresh', async () => {
      for (let last = false; !last;) {
        const client = world.client(good.shown);
        const refused = await client.listEntitlements().catch((error: GrpcRefusal) => error.status);
        client.close();
        last = refused !== 'UNAVAILABLE';
        if (last) expect(refused).toHaveProperty('entitlements');
        else await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }),
  ];
  const ended = work.finally(() => (over = true));
  await Promise.all([...all, ended]);
  return longest;
};

describe('the gRPC service refuses', () => {
  const csr = async (uris: string[] = []): Promise<string> => (await makeRequest({ uris })).csr;
  const bank = 'spiffe://cluster.local/ns/bank/sa/pay';
  const workload = async (token: string, request: object = {}) =>
    world.client().createCertificate({ csr: await csr(), ...request }, token);
  const join = async (token: string) => world.client().attest(token, await csr());
  const sign = async (request: object) => good.client.signWorkload({ spiffeId: cart, csr: await csr(), ...request });
  const foreign = async (): Promise<string> => world.cluster.token({}, (await generateKeyPair('RS256')).privateKey);

  const bad: readonly (readonly [string, () => Promise<unknown>, string, string | undefined])[] = [
    [
      'no credential',
      async () => world.client().createCertificate({ csr: await csr() }),
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
    ],
    ['a token that is none', () => workload('nonsense'), 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    ['a token of another key', async () => workload(await foreign()), 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    [
      'a token that has expired',
      async () => workload(await world.cluster.token({ expiresIn: -600 })),
      'UNAUTHENTICATED',
      'CREDENTIAL_EXPIRED',
    ],
    ['a join token that was spent', () => join(tokens.spent), 'UNAUTHENTICATED', 'JOIN_TOKEN_SPENT'],
    ['a join token that has expired', () => join(tokens.late), 'UNAUTHENTICATED', 'JOIN_TOKEN_ENDED'],
    [
      'a join token with another secret',
      () => join(`${tokens.other.slice(0, 17)}${'A'.repeat(43)}`),
      'UNAUTHENTICATED',
      'UNAUTHENTICATED',
    ],
    [
      'a CSR for another’s identity',
      async () => workload(await world.cluster.token(), { csr: await csr([bank]) }),
      'INVALID_ARGUMENT',
      'CSR_WRONG_IDENTITY',
    ],
    [
      'an agent’s CSR for another’s identity',
      async () => sign({ csr: await csr([bank]) }),
      'INVALID_ARGUMENT',
      'CSR_WRONG_IDENTITY',
    ],
    ['an identity that is not placed there', () => sign({ spiffeId: bank }), 'NOT_FOUND', 'IDENTITY_NOT_REGISTERED'],
    ['a CSR that is none', () => sign({ csr: 'x' }), 'INVALID_ARGUMENT', 'CSR_MALFORMED'],
    ['a CSR of 100 000 characters', () => sign({ csr: 'x'.repeat(100_000) }), 'INVALID_ARGUMENT', 'CSR_TOO_LARGE'],
    [
      'a CSR of 10 MB, before it is looked at',
      () => sign({ csr: 'x'.repeat(10_000_000) }),
      'RESOURCE_EXHAUSTED',
      undefined,
    ],
    ['a predecessor that is no serial', () => sign({ predecessor: '../..' }), 'INVALID_ARGUMENT', 'INVALID_VALUE'],
    [
      'more acknowledgements than one may make',
      () => good.client.acknowledge(Array.from({ length: 1_001 }, () => ({}))),
      'INVALID_ARGUMENT',
      'INVALID_VALUE',
    ],
  ];
  it.each(bad)('%s', async (_, call, status, code) => {
    const refused = await refusalOf(call());
    expect({ status: refused.status, ...(code !== undefined && { code: refused.code }) }).toEqual({
      ...{ status },
      ...(code !== undefined && { code }),
    });
  });

  const attest = '/cartulary.v1.AgentService/Attest';
  it.each([
    ['a message that is no protobuf', { path: attest, bytes: framed(Buffer.from('ffffffffff', 'hex')) }, 13],
    ['a message that announces 4 GiB', { path: attest, bytes: Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 0]) }, 8],
    ['100 KiB that unpack to 100 MiB', { path: attest, bytes: bomb(), headers: { 'grpc-encoding': 'gzip' } }, 8],
    ['a method that there is not', { path: '/cartulary.v1.AgentService/Become', bytes: framed(Buffer.alloc(0)) }, 12],
    ['a service that there is not', { path: '/../etc/passwd', bytes: framed(Buffer.alloc(0)) }, 12],
  ])('%s', async (_, call, status) => {
    const over = session(world);
    expect((await rawCall(over, call)).status).toBe(status);
    over.destroy();
  });
});

describe('whoever is slow on purpose', () => {
  it('is given up, while others are served', async () => {
    const ends = new Map<string, readonly Ended[]>();
    const kinds = Object.entries(slowClients(world, good.shown));
    const all = Promise.all(
      kinds.map(async ([what, start]) => {
        ends.set(what, await Promise.all(Array.from({ length: OF_EACH }, () => start())));
      }),
    );
    const served = await servedDuring(all);
    for (const [what, ended] of ends) {
      const longest = Math.max(...ended.map(({ ms }) => ms)) / 1_000;
      const statuses = [...new Set(ended.map(({ status }) => status))];
      say(`${OF_EACH} × ${what}: over after ${longest.toFixed(1)} s, status ${statuses.join(', ') || 'none'}`);
      expect(longest, what).toBeLessThan(what.includes('never read') ? 45 : 15);
    }
    const statusOf = (what: string) => new Set(ends.get(what)!.map(({ status }) => status));
    expect(statusOf('half a message')).toEqual(new Set([4]));
    expect(statusOf('a handshake and no preface')).toEqual(new Set([undefined]));
    say(`others meanwhile: ${JSON.stringify(served)} ms at most`);
    expect(Math.max(served.old, served.fresh)).toBeLessThan(SERVED_MS);
  }, 90_000);
});

describe('so many connections that say nothing', () => {
  const size = floodSize();

  it('to the gRPC port leave room for others, and are hung up on', async () => {
    const flood = Flood.start({ to: { host: '127.0.0.1', port: world.port }, connections: size });
    try {
      const hungUp = expect.poll(() => flood.said, { timeout: 60_000, interval: 50 });
      const gone = hungUp.toSatisfy(({ done, connected, closed }) => done && closed === connected);
      const served = await servedDuring(Promise.resolve(gone));
      expect(flood.said.connected).toBe(size);
      say(`${size} connections to the gRPC port; others meanwhile: ${JSON.stringify(served)} ms at most`);
      expect(served.old).toBeLessThan(SERVED_MS);
      expect(served.fresh).toBeLessThan(2 * SERVED_MS);
    } finally {
      await flood.end();
    }
  }, 90_000);

  it('to an agent’s socket take nothing from other users, and are hung up on', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'flooded-'));
    await chmod(directory, 0o755);
    await mkdir(join(directory, 'run'), { mode: 0o755 });
    const agent = await AgentProcess.start(directory, {
      CARTULARY_AGENT_AUTHORITY: `localhost:${world.port}`,
      CARTULARY_AGENT_CA_FILE: world.service.file('root.crt'),
      CARTULARY_AGENT_JOIN_TOKEN: tokens.other,
    });
    const isRoot = process.getuid?.() === 0;
    const client = new SocketClient(agent.socket);
    const watching = client.svids();
    await watching.next();
    // The node has joined and its workload has its certificate: nothing else is to be appended.
    before = { decided: await decided(), memory: before.memory };
    const memory = new MemoryWatch(agent.pid);
    const flood = Flood.start({ to: { path: agent.socket }, connections: size, ...(isRoot && { uid: NOBODY }) });
    try {
      await expect
        .poll(() => flood.said, { timeout: 60_000, interval: 50 })
        .toSatisfy(({ done, connected, closed }) => done && connected === size && closed >= size - 256);
      // Those of one user are full now, and not those of others.
      if (isRoot) {
        const other = new SocketClient(agent.socket);
        const stream = other.bundles();
        expect((await stream.next()).bundles).toBeDefined();
        stream.cancel();
        other.close();
      }
      await expect.poll(() => flood.said.closed, { timeout: 30_000 }).toBe(size);
      const { before: was, peak, after } = memory.figures();
      say(`${size} connections to the agent's socket: ${was} MiB before, ${peak} at most, ${after} after`);
      expect(peak - was).toBeLessThan(AGENT_MIB);
      const metrics = await (await fetch(`http://127.0.0.1:${agent.ready.operationsPort}/metrics`)).text();
      const refused = (reason: string): number =>
        Number(new RegExp(`connections_refused_total\\{reason="${reason}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
      expect(refused('per-user') + refused('total') + refused('silent')).toBeGreaterThanOrEqual(size);
      expect(refused('per-user')).toBeGreaterThanOrEqual(size - 2 * 256);
    } finally {
      watching.cancel();
      client.close();
      await flood.end();
      await agent.stop();
      await rm(directory, { recursive: true, force: true });
    }
  }, 120_000);
});
