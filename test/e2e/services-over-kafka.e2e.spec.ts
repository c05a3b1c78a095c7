import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { startKafka, type TestKafka, TraceCollector } from '@cartulary/testing';
import { Cluster } from '../support/cluster.js';
import { expectDeadLetterToBeReplayed } from '../support/dead-letters.js';
import { expectCanaries } from '../support/expect-canaries.js';
import { RelyingParties } from '../support/relying-parties.js';
import { expectOneTraceOf, tracedOnDemand } from '../support/traces.js';

const REVOCATIONS = 50;

let kafka: TestKafka;
let database: TestDatabase;
let cluster: Cluster;
let collector: TraceCollector;
let relying: RelyingParties;

beforeAll(async () => {
  collector = await TraceCollector.start();
  kafka = await startKafka();
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  cluster = await Cluster.start({
    databaseUrl: database.serviceUrl,
    databaseOwnerUrl: database.ownerUrl,
    env: { CARTULARY_KAFKA_BROKERS: kafka.brokers.join(','), ...tracedOnDemand(collector) },
  });
  relying = await RelyingParties.of(cluster);
}, 150_000);
afterAll(async () => {
  await relying?.close();
  await cluster?.dispose();
  await database?.drop();
  await kafka?.stop();
  await collector?.stop();
});

describe('services over Kafka', () => {
  it('walk a certificate through its life, each step at another process', async () => {
    const { serial } = await relying.issueAt(0, 'cart');
    await relying.allSay(serial, 'good');
    await relying.revokeAt(0, serial, 'certificateHold');
    await relying.allSay(serial, 'revoked');
    await cluster.client(cluster.one('revocation', 1)).releaseCertificate({ params: { serial } });
    await relying.allSay(serial, 'good');
    await relying.revokeAt(1, serial);
    await relying.allSay(serial, 'revoked');
    const { certificates } = await cluster.client(cluster.one('inventory')).listCertificates({});
    expect(certificates.map((one) => [one.serial, one.status])).toContainEqual([serial, 'revoked']);
    const listed = async () =>
      (await Promise.all(relying.all.map((party) => party.crl(relying.issuer)))).map(
        ({ entries }) => serial in entries,
      );
    await expect.poll(listed, { timeout: 20_000 }).toEqual([true, true]);
  });

  it('tell every responder of a revocation at once', async () => {
    const serials: string[] = [];
    for (let index = 0; index < REVOCATIONS; index++)
      serials.push((await relying.issueAt(index % 2, `s${index}`)).serial);
    await relying.allSay(serials.at(-1)!, 'good');
    const delays: number[][] = relying.all.map(() => []);
    for (const [index, serial] of serials.entries()) {
      await relying.revokeAt(index % 2, serial);
      const acknowledged = Date.now();
      (await relying.allSay(serial, 'revoked')).forEach((at, party) => delays[party]!.push(at - acknowledged));
    }
    for (const [index, sorted] of delays.map((each) => each.sort((a, b) => a - b)).entries()) {
      const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1];
      const figures = `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${sorted.length}`;
      process.stdout.write(`over Kafka: acknowledged revocation → responder ${index} says revoked: ${figures}\n`);
      expect(at(0.5)).toBeLessThan(1_000);
    }
  });

  it('set aside what they can’t handle, in a topic, until it is replayed', () =>
    expectDeadLetterToBeReplayed(cluster, database.ownerUrl));

  it('have a canary in their CRLs while an agent asks for them', () =>
    expectCanaries(cluster, relying, database.ownerUrl));

  it('show a revocation and all that it causes as one trace', async () => {
    const { serial } = await relying.issueAt(0, 'traced');
    await relying.allSay(serial, 'good');
    await expectOneTraceOf(cluster, collector, serial);
  });

  it('go on issuing and revoking while Kafka is gone, and say so once it is back', async () => {
    await kafka.kill();
    const { serial } = await relying.issueAt(0, 'outage');
    await relying.revokeAt(0, serial);
    await kafka.start();
    await relying.allSay(serial, 'revoked');
  });
});
