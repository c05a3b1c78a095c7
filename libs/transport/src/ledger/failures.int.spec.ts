import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresLedger } from '@cartulary/ledger';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@cartulary/ledger/embedded';
import { createTestDatabase, noteAt, type TestDatabase } from '@cartulary/ledger/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LedgerTransport } from './ledger-transport.js';
import { PostgresConsumerStore } from './postgres-consumer-store.js';

const worker = join(import.meta.dirname, '..', 'testing', 'consumer.worker.ts');
const loader = import.meta.resolve('@cartulary/ledger/source-loader');
const execArgv = ['--conditions=source', '--experimental-transform-types', '--no-warnings', `--import=${loader}`];

describe('LedgerTransport when processes die', () => {
  let directory: string;
  let postgres: EmbeddedPostgres;
  let database: TestDatabase;
  let ledger: PostgresLedger;
  const start = (port = 0) => startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), port });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cartulary-transport-'));
    await chmod(directory, 0o711);
    postgres = await start();
    database = await createTestDatabase(postgres.ownerUrl());
    ledger = new PostgresLedger({ url: database.serviceUrl });
  });
  afterAll(async () => {
    await ledger.close();
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('hands a killed consumer’s events to the standby, each at least once and in order', async () => {
    const log: { pid: number; position: number }[] = [];
    const startConsumer = (): ChildProcess => {
      const child = fork(worker, [database.serviceUrl, 'killed'], { execArgv });
      child.on('message', (position: number) => log.push({ pid: child.pid!, position }));
      return child;
    };
    const children = [startConsumer(), startConsumer()];
    let version = 0;
    const append = async () => (await ledger.append(noteAt('thing-1', version++))).events[0]!.position;
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 20; index++) await append();
      while ((log.at(-1)?.position ?? 0) < 20 * round + 10) await sleep(5);
      const active = children.findIndex(({ pid }) => pid === log.at(-1)!.pid);
      const killed = children[active]!;
      killed.kill('SIGKILL');
      await once(killed, 'exit');
      const before = performance.now();
      while (!log.some(({ pid }, index) => pid !== killed.pid && index > 0 && pid === children[1 - active]!.pid))
        await sleep(5);
      expect(performance.now() - before).toBeLessThan(5_000);
      children[active] = startConsumer();
    }
    const last = await append();
    while (log.at(-1)?.position !== last) await sleep(5);
    for (const child of children) child.kill('SIGKILL');
    expect(new Set(log.map(({ position }) => position)).size).toBe(last);
    // Within one process never back; from one to the next at most what was not done yet.
    for (const [index, { pid, position }] of log.entries()) {
      const previous = log[index - 1];
      if (previous?.pid === pid) expect(position).toBe(previous.position + 1);
      else if (previous) expect(position).toBeLessThanOrEqual(previous.position + 1);
    }
  });

  it('goes on by itself after Postgres was killed, without a gap', async () => {
    const transport = new LedgerTransport(ledger, new PostgresConsumerStore({ url: database.serviceUrl }), {
      retry: { attempts: 3, firstPause: 20, longestPause: 200 },
    });
    const [consumed, followed]: number[][] = [[], []];
    const type = 'Noted';
    const after = (await ledger.head()).position;
    transport.consume({
      group: 'surviving',
      types: [type],
      handle: async (events) => void consumed!.push(...events.map(({ position }) => position)),
    });
    const follower = transport.follow({
      name: 'surviving',
      after,
      handle: (events) => void followed!.push(...events.map(({ position }) => position)),
    });
    await follower.caughtUp;
    await ledger.append(noteAt('thing-2', 0));
    const { port } = postgres;
    await postgres.kill9();
    // Cut off, it does not claim to be fresh, once it is done with what had reached it.
    let stale: Date | undefined;
    do {
      stale = follower.asOf();
      await sleep(600);
    } while (follower.asOf()?.getTime() !== stale?.getTime());
    postgres = await start(port);
    let position = 0;
    while (position === 0) {
      position = await ledger.append(noteAt('thing-2', 1)).then(
        ({ events }) => events[0]!.position,
        () => sleep(20).then(() => 0),
      );
    }
    while (consumed!.at(-1) !== position || followed!.at(-1) !== position) await sleep(10);
    expect([...new Set(consumed)]).toEqual(Array.from({ length: position }, (_, index) => index + 1));
    expect(followed).toEqual([after + 1, after + 2]);
    await transport.close();
  });
});
