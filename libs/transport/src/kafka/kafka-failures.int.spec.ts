import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresLedger, type RecordedEvent } from '@cartulary/ledger';
import { commandOf, createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { startKafka, type TestKafka } from '@cartulary/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Relay } from '../relay/relay.js';
import { createKafka } from './client.js';
import { KafkaTransport } from './kafka-transport.js';
import { until } from '../testing/until.js';

const loader = import.meta.resolve('@cartulary/ledger/source-loader');
const execArgv = ['--conditions=source', '--experimental-transform-types', '--no-warnings', `--import=${loader}`];
const worker = join(import.meta.dirname, '..', 'testing', 'kafka-consumer.worker.ts');
const retry = { attempts: 3, firstPause: 5, longestPause: 200 };
const group = { sessionTimeout: 6_000, heartbeatInterval: 500, maxWait: 300 };

describe('KafkaTransport when things fail', () => {
  let database: TestDatabase;
  let kafka: TestKafka;
  let ledger: PostgresLedger;
  let relay: Relay;
  let transport: KafkaTransport;
  const onTrouble = (what: string, error: unknown) => {
    if (process.env['CARTULARY_TEST_TROUBLE']) console.log(performance.now().toFixed(0), what, String(error));
  };

  beforeAll(async () => {
    [database, kafka] = await Promise.all([createTestDatabase(), startKafka()]);
    const url = database.serviceUrl;
    ledger = new PostgresLedger({ url });
    const settings = { brokers: kafka.brokers };
    relay = new Relay({ ledger, databaseUrl: url, kafka: settings, trustDomain: 'cluster.local', onTrouble });
    transport = new KafkaTransport(settings, { retry, group, onTrouble });
    await until(() => relay.active());
  });
  afterAll(async () => {
    await transport.close();
    await relay.stop();
    await ledger.close();
    await Promise.all([kafka.stop(), database.drop()]);
  });

  let next = 0;
  const block = async (): Promise<RecordedEvent> => {
    const stream = `key-${String(next++).padStart(64, '0')}`;
    const data = { keyHash: stream.slice(4), reason: 'keyCompromise', blockedAt: '2026-11-22T12:00:00.000Z' };
    return (await ledger.append(commandOf([{ stream, version: 0 }], [{ stream, type: 'KeyBlocked', data }])))
      .events[0]!;
  };
  const positions = (events: readonly RecordedEvent[]) => events.map(({ position }) => position);

  it('brings an event from the acknowledged append to a follower without waiting for a heartbeat', async () => {
    const seen = new Map<number, number>();
    const follower = transport.follow({
      name: 'latency',
      after: 0,
      types: ['KeyBlocked'],
      handle: (events) => void events.forEach(({ position }) => seen.set(position, performance.now())),
    });
    await follower.caughtUp;
    const took: number[] = [];
    for (let index = 0; index < 200; index++) {
      const { position } = await block();
      const acknowledged = performance.now();
      await until(() => seen.has(position));
      took.push(Math.max(0, seen.get(position)! - acknowledged));
    }
    await follower.stop();
    took.sort((a, b) => a - b);
    const [p50, p99] = [took[100]!, took[198]!];
    console.log(`append → follower: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
    expect(p50).toBeLessThan(250);
  });

  it('sets a record aside that nobody can read, and goes on', async () => {
    const last = await block();
    const seen: number[] = [];
    const followed: number[] = [];
    const consumer = transport.consume({
      ...{ group: 'readers', types: ['KeyBlocked'] },
      handle: (events) => Promise.resolve(void seen.push(...positions(events))),
    });
    const follower = transport.follow({
      ...{ name: 'readers', after: last.position - 1, types: ['KeyBlocked'] },
      handle: (events) => void followed.push(...positions(events)),
    });
    await until(() => seen.at(-1) === last.position && followed.at(-1) === last.position);
    const producer = createKafka({ brokers: kafka.brokers }).producer();
    await producer.connect();
    const headers = { ce_type: 'dev.cartulary.key.blocked.v1', ce_position: '77777' };
    await producer.send({ topic: 'cartulary.key', messages: [{ key: 'key-0', value: '{"keyHash":', headers }] });
    await producer.disconnect();
    const after = await block();
    await until(() => seen.at(-1) === after.position && followed.at(-1) === after.position);
    await until(async () => (await transport.poisonEvents('readers')).length > 0);
    expect(await transport.poisonEvents('readers')).toMatchObject([
      { group: 'readers', position: 77_777, reason: 'MalformedRecordError: the record has no header ce_id' },
    ]);
    await Promise.all([consumer.stop(), follower.stop()]);
  });

  it('leaves the events with who has them when standbys come and go', async () => {
    const others = [0, 1].map(() => new KafkaTransport({ brokers: kafka.brokers }, { retry, group, onTrouble }));
    const seen: { by: string; position: number }[] = [];
    const consume = (by: string, on: KafkaTransport) =>
      on.consume({
        ...{ group: 'sticky', types: ['KeyBlocked'] },
        handle: (events) => Promise.resolve(void seen.push(...positions(events).map((position) => ({ by, position })))),
      });
    const owner = consume('owner', transport);
    await until(() => owner.active() && owner.lag() === 0 && seen.length > 0);
    let running = true;
    const appending = (async () => {
      while (running) {
        await block();
        await sleep(10);
      }
    })();
    const standbys = others.map((other, index) => consume(`standby ${index}`, other));
    await sleep(4_000);
    await standbys[0]!.stop();
    await sleep(2_000);
    running = false;
    await appending;
    const { position } = await ledger.head();
    await until(() => seen.at(-1)?.position === position);
    expect(owner.active()).toBe(true);
    expect(new Set(seen.map(({ by }) => by))).toEqual(new Set(['owner']));
    expect(seen.map((entry) => entry.position)).toEqual([...new Set(seen.map((entry) => entry.position))]);
    await Promise.all([owner.stop(), ...others.map((other) => other.close())]);
  });

  it('hands a killed consumer’s events to the standby within 12 seconds', async () => {
    const log: { pid: number; position: number }[] = [];
    const startConsumer = (): ChildProcess => {
      const child = fork(worker, [kafka.brokers.join(','), 'killed'], { execArgv });
      child.on('message', (position: number) => log.push({ pid: child.pid!, position }));
      return child;
    };
    const children = [startConsumer(), startConsumer()];
    const admin = createKafka({ brokers: kafka.brokers }).admin();
    await admin.connect();
    const isCommitted = async (position: number): Promise<boolean> => {
      const kept = await admin.fetchOffsets({ groupId: 'cartulary.killed', topics: ['cartulary.key'] });
      return kept.some(({ partitions }) => partitions.some(({ metadata }) => Number(metadata) >= position));
    };
    const before = (await block()).position;
    await until(() => log.some(({ position }) => position === before));
    await until(() => isCommitted(before));
    const { pid } = log.at(-1)!;
    const killed = children.find((child) => child.pid === pid)!;
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const at = performance.now();
    const after = (await block()).position;
    await until(() => log.some(({ position }) => position === after));
    expect(performance.now() - at).toBeLessThan(12_000);
    await admin.disconnect();
    for (const child of children) child.kill('SIGKILL');
    expect(log.filter((entry) => entry.pid !== pid).map(({ position }) => position)).toEqual([after]);
  });

  it('goes on by itself after the broker was killed, with nothing lost, doubled or out of order', async () => {
    const [consumed, followed]: [number[], number[]] = [[], []];
    const first = (await block()).position;
    const consumer = transport.consume({
      ...{ group: 'surviving', types: ['KeyBlocked'] },
      handle: (events) => Promise.resolve(void consumed.push(...positions(events))),
    });
    const follower = transport.follow({
      ...{ name: 'surviving', after: first - 1, types: ['KeyBlocked'] },
      handle: (events) => void followed.push(...positions(events)),
    });
    // The broker would wait a minute for the members that it lost with the connection.
    const slow = { ...group, sessionTimeout: 60_000 };
    const patient = new KafkaTransport({ brokers: kafka.brokers }, { retry, group: slow, onTrouble });
    const other = patient.follow({ name: 'patient', after: first - 1, types: ['KeyBlocked'], handle: () => undefined });
    await Promise.all([follower.caughtUp, other.caughtUp]);
    await until(() => consumed.at(-1) === first);
    await kafka.kill();
    const expected = [first];
    for (let index = 0; index < 20; index++) expected.push((await block()).position); // the ledger goes on
    const stale = follower.asOf()!;
    await sleep(1_500);
    expect(follower.asOf()).toEqual(stale); // cut off, it does not claim to be fresh
    await until(() => relay.lag() >= 20); // and the relay knows how far the ledger has gone on
    await kafka.start();
    const back = performance.now();
    await until(() => other.asOf()! > stale);
    expect(performance.now() - back).toBeLessThan(40_000);
    await patient.close();
    expected.push((await block()).position);
    await until(() => consumed.at(-1) === expected.at(-1) && followed.at(-1) === expected.at(-1));
    expect(followed).toEqual(expected);
    expect([...new Set(consumed)]).toEqual(consumed);
    expect(consumed.slice(-expected.length)).toEqual(expected);
    await until(() => relay.lag() === 0 && follower.asOf()! > stale);
    await Promise.all([consumer.stop(), follower.stop()]);
  });
});
