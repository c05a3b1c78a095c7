import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stateRecords, type StateTopicName, topics, validatorFor } from '@cartulary/contracts';
import { PostgresLedger, ProjectionDatabase } from '@cartulary/ledger';
import { commandOf, createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { startKafka, type TestKafka } from '@cartulary/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeEventRecord } from '../kafka/event-record.js';
import { decodeHeartbeat, isHeartbeat } from '../kafka/heartbeat-record.js';
import { readRecords, type TopicRecord } from '../testing/read-records.js';
import { KafkaTransport } from '../kafka/kafka-transport.js';
import { reachKafka } from '../kafka/reach-kafka.js';
import { Relay, type RelayOptions } from './relay.js';
import { relayState } from './relay-state.js';
import { until } from '../testing/until.js';

const loader = import.meta.resolve('@cartulary/ledger/source-loader');
const execArgv = ['--conditions=source', '--experimental-transform-types', '--no-warnings', `--import=${loader}`];
const worker = join(import.meta.dirname, '..', 'testing', 'relay.worker.ts');
const timing = { standbyInterval: 100, pingInterval: 200, sendLimit: 1_000, idleTimeout: 2_000, settle: 1_500 };
const eventTopics = topics.filter(({ kind }) => kind === 'events').map(({ name }) => name);

/** A relay in another process. */
class RelayProcess {
  private readonly child: ChildProcess;
  active = false;
  position = 0;

  constructor(url: string, brokers: readonly string[]) {
    this.child = fork(worker, [JSON.stringify({ url, brokers, timing })], { execArgv });
    this.child.on('message', (said: { active?: boolean; position?: number; what?: string }) => {
      if (said.what) return console.log(this.child.pid, said);
      this.active = said.active ?? false;
      this.position = said.position ?? 0;
    });
  }
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
  async kill(): Promise<void> {
    if (this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
    this.active = false;
  }
}

describe('Relay', () => {
  let database: TestDatabase;
  let kafka: TestKafka;
  let ledger: PostgresLedger;
  let url: string;
  beforeAll(async () => {
    [database, kafka] = await Promise.all([createTestDatabase(), startKafka()]);
    url = database.serviceUrl;
    ledger = new PostgresLedger({ url });
  });
  afterAll(async () => {
    await ledger.close();
    await Promise.all([kafka.stop(), database.drop()]);
  });

  const start = (more: Partial<RelayOptions> = {}) =>
    new Relay({
      ...more,
      ...{
        ledger,
        timing,
        databaseUrl: url,
        kafka: { brokers: kafka.brokers },
        trustDomain: 'cluster.local',
        overlap: 5,
      },
      ...(process.env['CARTULARY_TEST_TROUBLE']
        ? { onTrouble: (what: string, error: unknown) => console.log(what, String(error)) }
        : {}),
    });
  const append = async (stream: string, type: string, data: object): Promise<number> => {
    const version = (await ledger.heads([stream])).get(stream)!;
    const { events } = await ledger.append(commandOf([{ stream, version }], [{ stream, type, data }]));
    return events[0]!.position;
  };
  const serial = (index: number) => `01${String(index).padStart(32, '0')}`;
  const named = (index: number) => ({
    serial: serial(index),
    issuerId: '9f86d081884c7d65',
    notAfter: '2026-12-22T12:00:00.000Z',
  });
  const hold = (index: number) =>
    append(`certificate-${serial(index)}`, 'CertificateHeld', { ...named(index), heldAt: '2026-11-22T12:00:00.000Z' });
  const revoke = (index: number) =>
    append(`certificate-${serial(index)}`, 'CertificateRevoked', {
      ...{ ...named(index), reason: 'keyCompromise', revokedAt: '2026-11-22T13:00:00.000Z' },
    });
  const positionsOf = (records: readonly TopicRecord[]) =>
    records.filter(({ message }) => !isHeartbeat(message)).map(({ message }) => decodeEventRecord(message).position);
  const all = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const ascending = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
  const byPartition = (records: readonly TopicRecord[]) => [
    ...Map.groupBy(records, ({ partition }) => partition).values(),
  ];

  it('puts every event on its aggregate’s topic as the ledger has it, and what it makes of state', async () => {
    const issuer = {
      ...{ issuerId: '9f86d081884c7d65', purpose: 'root', epoch: 1, name: 'root', certificate: 'AA==', keyId: 'k' },
      ...{ keyAlgorithm: 'ecdsa-p256', notBefore: '2026-11-22T12:00:00.000Z', notAfter: '2036-11-22T12:00:00.000Z' },
    };
    const { issuerId } = issuer;
    await append('trust-domain-cluster.local', 'TrustDomainCreated', {
      ...{ trustDomain: 'cluster.local', root: issuerId, systemRoot: issuerId, createdAt: '2026-11-22T12:00:00.000Z' },
    });
    await append(`issuer-${issuerId}`, 'IssuerCreated', issuer);
    const crl = { issuerId, thisUpdate: '2026-11-22T12:00:00.000Z', nextUpdate: '2026-11-23T12:00:00.000Z' };
    const prepared = { ...crl, expiredBefore: '2026-11-22T11:00:00.000Z', preparedAt: '2026-11-22T12:00:00.000Z' };
    const number = await append(`publication-${issuerId}`, 'CrlPrepared', prepared);
    const published = { ...crl, number, entries: 0, size: 99, sha256: 'a'.repeat(64), signature: 'AA==' };
    await append(`publication-${issuerId}`, 'CrlPublished', { ...published, publishedAt: '2026-11-22T12:00:01.000Z' });
    await hold(1);
    const last = await revoke(1);
    const relay = start();
    await until(() => relay.position() === last);
    await relay.stop();
    expect(relay.lag()).toBe(0);

    const records = await readRecords(kafka.brokers);
    const events = records.filter(({ topic, message }) => eventTopics.includes(topic) && !isHeartbeat(message));
    const expected = await ledger.readAll({ after: 0, limit: 100 });
    expect(events.map(({ topic }) => topic).sort()).toEqual([
      'certificate',
      'certificate',
      'issuer',
      'publication',
      'publication',
      'trust-domain',
    ]);
    const found = events.map(({ message }) => decodeEventRecord(message)).sort((a, b) => a.position - b.position);
    expect(found).toEqual(expected);

    const state = records.filter(({ topic, message }) => topic in stateRecords && !isHeartbeat(message));
    const newest = new Map(
      state.map(({ topic, key, message }) => [`${topic} ${key}`, JSON.parse(String(message.value))]),
    );
    for (const { topic, message } of state) {
      const validate = validatorFor(stateRecords[topic as StateTopicName]);
      expect(validate(JSON.parse(String(message.value)))).toMatchObject({ ok: true });
    }
    expect([...newest.keys()].sort()).toEqual([
      `revoked ${serial(1)}`,
      'state.bundle cluster.local',
      `state.certificate ${serial(1)}`,
      `state.issuer ${issuerId}`,
      `state.preparation ${issuerId}`,
      `state.publication ${issuerId}`,
    ]);
    expect(newest.get(`state.certificate ${serial(1)}`)).toMatchObject({ status: 'revoked', position: last });
    expect(newest.get(`state.preparation ${issuerId}`)).toEqual({ ...prepared, position: number });
    expect(newest.get(`state.publication ${issuerId}`)).toMatchObject({
      number,
      expiredBefore: prepared.expiredBefore,
    });
    expect(newest.get('state.bundle cluster.local')).toMatchObject({ anchors: [{ issuerId, certificate: 'AA==' }] });
    expect(newest.get(`state.issuer ${issuerId}`)).not.toHaveProperty('keyId');
  });

  it('is known to whoever has the database: whether one is active, and how far it is', async () => {
    const projections = new ProjectionDatabase(url);
    const state = () => relayState(projections, { brokers: kafka.brokers });
    const relay = start();
    const { position } = await ledger.head();
    // What it has sent it writes down a little later.
    await until(async () => relay.active() && (await state()).position === position);
    expect(await state()).toEqual({ active: true, position });
    await relay.stop();
    await until(async () => !(await state()).active);
    expect(await relayState(projections, { brokers: [], prefix: 'another' })).toEqual({ active: false, position: 0 });
    await projections.close();
    expect(await reachKafka({ brokers: kafka.brokers })).toEqual({ reachable: true, brokers: 1 });
    const nowhere = await reachKafka({ brokers: ['127.0.0.1:1'] });
    expect(nowhere).toMatchObject({ reachable: false, brokers: 0, reason: expect.stringContaining('ECONNREFUSED') });
  });

  it('writes a heartbeat to every partition', async () => {
    const relay = start();
    const { position } = await ledger.head();
    await until(() => relay.active());
    await sleep(1_500);
    await relay.stop();
    const records = await readRecords(kafka.brokers);
    const beats = byPartition(records.filter(({ message }) => isHeartbeat(message)));
    const partitions = topics
      .filter(({ kind }) => kind !== 'dead-letter')
      .reduce((sum, { wide }) => sum + (wide ? 6 : 1), 0);
    expect(beats).toHaveLength(partitions);
    for (const beat of beats) {
      const said = beat.map(({ message }) => decodeHeartbeat(message));
      expect(said.at(-1)!.position).toBe(position);
      expect(said.map(({ at }) => at)).toEqual(said.map(({ at }) => at).toSorted());
      expect(said.length).toBeGreaterThan(1);
    }
  });

  it('goes on where another one ended, without a repeat', async () => {
    for (let index = 10; index < 20; index++) await hold(index);
    const relay = start();
    const { position } = await ledger.head();
    await until(() => relay.position() === position);
    await relay.stop();
    expect(ascending(positionsOf(await readRecords(kafka.brokers, eventTopics)))).toEqual(all(position));
  });

  it('goes on where a killed one was, with a bounded overlap, one active at a time', async () => {
    const relays = [new RelayProcess(url, kafka.brokers), new RelayProcess(url, kafka.brokers)];
    let last = 0;
    for (let round = 0; round < 2; round++) {
      await until(() => relays.some(({ active }) => active));
      expect(relays.filter(({ active }) => active)).toHaveLength(1);
      for (let index = 0; index < 30; index++) last = await hold(100 * (round + 1) + index);
      const active = relays.findIndex((relay) => relay.active);
      await until(() => relays[active]!.position >= last - 20);
      await relays[active]!.kill();
      relays[active] = new RelayProcess(url, kafka.brokers);
    }
    await until(() => relays.some(({ active, position }) => active && position >= last));
    await Promise.all(relays.map((relay) => relay.kill()));
    const records = await readRecords(kafka.brokers, eventTopics);
    const positions = positionsOf(records);
    expect(ascending([...new Set(positions)])).toEqual(all(last));
    // What is kept lies up to a second back: the first successor may send its predecessor's round again, the second both.
    expect(positions.length - last).toBeLessThanOrEqual(5 + 30 + (5 + 60));
    for (const partition of byPartition(records)) {
      const first = [...new Set(positionsOf(partition))];
      expect(first).toEqual(ascending(first));
    }
  });

  it('takes the lead again when Postgres has ended its session, with nothing lost or out of order', async () => {
    const relay = start();
    await until(() => relay.active());
    for (let index = 700; index < 710; index++) await hold(index);
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    const { rowCount } = await owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'cartulary-relay' AND datname = current_database()`,
    );
    await owner.end();
    expect(rowCount).toBe(1);
    let last = 0;
    for (let index = 710; index < 720; index++) last = await hold(index);
    await until(() => relay.active() && relay.position() === last);
    await relay.stop();
    const records = await readRecords(kafka.brokers, eventTopics);
    expect(ascending([...new Set(positionsOf(records))])).toEqual(all(last));
    for (const partition of byPartition(records)) {
      const first = [...new Set(positionsOf(partition))];
      expect(first).toEqual(ascending(first));
    }
  });

  it('removes certificates from the state topics when they have expired long enough ago', async () => {
    const stay = { ...named(900), profile: 'workload' };
    const go = { ...named(901), profile: 'workload', notAfter: '2026-01-01T00:00:00.000Z' };
    for (const data of [stay, go]) await append(`certificate-${data.serial}`, 'CertificateIssued', data);
    const data = { ...go, reason: 'superseded', revokedAt: '2025-12-31T00:00:00.000Z' };
    const last = await append(`certificate-${go.serial}`, 'CertificateRevoked', data);
    const transport = new KafkaTransport({ brokers: kafka.brokers });
    const relay = start({ keepExpired: 3_600_000, sweepInterval: 100 });
    await until(() => relay.position() === last);
    const read = async () => {
      const [certificates, revoked] = [new Map<string, unknown>(), new Map<string, unknown>()];
      const issuers: string[] = [];
      const cut = await transport.readState({
        topics: {
          'state.certificate': (key, record) => void certificates.set(key, record),
          revoked: (key, record) => void revoked.set(key, record),
        },
        aggregates: [{ name: 'issuer', handle: ({ type }) => void issuers.push(type) }],
      });
      return { ...cut, certificates, revoked, issuers };
    };
    expect((await read()).certificates.get(stay.serial)).toMatchObject({ status: 'active' });
    await until(async () => (await read()).certificates.get(go.serial) === undefined);
    const state = await read();
    expect(state.revoked.get(go.serial)).toBeUndefined();
    expect(state.revoked.get(serial(1))).toMatchObject({ reason: 'keyCompromise' });
    expect(state.issuers).toEqual(['IssuerCreated']);
    expect(state.position).toBe(last);

    // From what the state says, a follower needs only the rest.
    const next = await revoke(900);
    const seen: number[] = [];
    const follower = transport.follow({
      ...{ name: 'bootstrapped', after: state.position, asOf: state.asOf! },
      handle: (events) => void seen.push(...events.map(({ position }) => position)),
    });
    await follower.caughtUp;
    expect(seen).toEqual([next]);
    await transport.close();
    await relay.stop();
  });

  it('leaves nothing behind its successor when it was stopped and goes on', async () => {
    const first = new RelayProcess(url, kafka.brokers);
    await until(() => first.active);
    let last = await hold(500);
    await until(() => first.position >= last);
    first.signal('SIGSTOP');
    last = await revoke(500);
    const second = new RelayProcess(url, kafka.brokers);
    await until(() => second.active && second.position >= last);
    const end = (records: readonly TopicRecord[]) =>
      new Map(byPartition(records).map((list) => [list[0]!.partition, list.at(-1)!.offset]));
    const before = end(await readRecords(kafka.brokers));
    first.signal('SIGCONT');
    for (let index = 501; index < 510; index++) last = await hold(index);
    await until(() => second.position >= last);
    await sleep(1_500);
    expect(first.active).toBe(false);
    await Promise.all([first.kill(), second.kill()]);
    const records = await readRecords(kafka.brokers);
    for (const list of byPartition(records)) {
      const after = list.filter(({ partition, offset }) => offset > before.get(partition)!);
      const beats = after.filter(({ message }) => isHeartbeat(message)).map(({ message }) => decodeHeartbeat(message));
      expect(beats.map(({ position }) => position)).toEqual(ascending(beats.map(({ position }) => position)));
      expect(beats.map(({ at }) => at)).toEqual(beats.map(({ at }) => at).toSorted());
    }
    const state = records.findLast(({ topic, key }) => topic === 'state.certificate' && key === serial(500));
    expect(JSON.parse(String(state!.message.value))).toMatchObject({ status: 'revoked' });
    expect(ascending([...new Set(positionsOf(records.filter(({ topic }) => eventTopics.includes(topic))))])).toEqual(
      all(last),
    );
  });
});
