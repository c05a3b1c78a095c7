import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '@cartulary/ledger/testing';
import { startKafka, type TestKafka, TraceCollector } from '@cartulary/testing';
import { Cluster } from '../support/cluster.js';
import { expectDeadLetterToBeReplayed } from '../support/dead-letters.js';
import { makeRequest } from '../support/enrol.js';
import { type IssuerToWatch, RelyingParty } from '../support/faults/relying-party.js';
import { expectOneTraceOf, tracedOnDemand } from '../support/traces.js';

const REVOCATIONS = 50;

let kafka: TestKafka;
let database: TestDatabase;
let cluster: Cluster;
let collector: TraceCollector;
let issuer: IssuerToWatch;
let parties: RelyingParty[];

beforeAll(async () => {
  collector = await TraceCollector.start();
  kafka = await startKafka();
  database = await createTestDatabase(process.env['CARTULARY_TEST_POSTGRES_URL']!);
  cluster = await Cluster.start({
    databaseUrl: database.serviceUrl,
    databaseOwnerUrl: database.ownerUrl,
    env: { CARTULARY_KAFKA_BROKERS: kafka.brokers.join(','), ...tracedOnDemand(collector) },
  });
  const { issuers } = await cluster.client(cluster.one('inventory')).listIssuers();
  const { issuerId, certificate } = issuers.find(({ purpose }) => purpose === 'workload')!;
  issuer = { issuerId, certificate: Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64') };
  parties = cluster.of('responder').map(({ publicUrl }) => new RelyingParty(publicUrl));
}, 150_000);
afterAll(async () => {
  await Promise.all((parties ?? []).map((party) => party.close()));
  await cluster?.dispose();
  await database?.drop();
  await kafka?.stop();
  await collector?.stop();
});

const issueAt = async (index: number, name: string) => {
  const { csr } = await makeRequest();
  const identity = `spiffe://cluster.local/ns/shop/sa/${name}`;
  return cluster.client(cluster.one('issuance', index)).issueCertificate({ body: { csr, identity } });
};
const revokeAt = (index: number, serial: string, reason: 'keyCompromise' | 'certificateHold' = 'keyCompromise') =>
  cluster.client(cluster.one('revocation', index)).createRevocation({ body: { serial, reason } });

const untilSays = async (party: RelyingParty, serial: string, says: string): Promise<number> => {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const seen = await party.ocsp(serial, issuer, true).catch(() => undefined);
    if (seen?.says === says) return seen.receivedAt;
    if (Date.now() > deadline) throw new Error(`the responder says ${seen?.says} instead of ${says}`);
    await sleep(1);
  }
};
const allSay = (serial: string, says: string) => Promise.all(parties.map((party) => untilSays(party, serial, says)));

describe('services over Kafka', () => {
  it('walk a certificate through its life, each step at another process', async () => {
    const { serial } = await issueAt(0, 'cart');
    await allSay(serial, 'good');
    await revokeAt(0, serial, 'certificateHold');
    await allSay(serial, 'revoked');
    await cluster.client(cluster.one('revocation', 1)).releaseCertificate({ params: { serial } });
    await allSay(serial, 'good');
    await revokeAt(1, serial);
    await allSay(serial, 'revoked');
    const { certificates } = await cluster.client(cluster.one('inventory')).listCertificates({});
    expect(certificates.map((one) => [one.serial, one.status])).toContainEqual([serial, 'revoked']);
    const listed = async () =>
      (await Promise.all(parties.map((party) => party.crl(issuer)))).map(({ entries }) => serial in entries);
    await expect.poll(listed, { timeout: 20_000 }).toEqual([true, true]);
  });

  it('tell every responder of a revocation at once', async () => {
    const serials: string[] = [];
    for (let index = 0; index < REVOCATIONS; index++) serials.push((await issueAt(index % 2, `s${index}`)).serial);
    await allSay(serials.at(-1)!, 'good');
    const delays: number[][] = parties.map(() => []);
    for (const [index, serial] of serials.entries()) {
      await revokeAt(index % 2, serial);
      const acknowledged = Date.now();
      (await allSay(serial, 'revoked')).forEach((at, party) => delays[party]!.push(at - acknowledged));
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

  it('show a revocation and all that it causes as one trace', async () => {
    const { serial } = await issueAt(0, 'traced');
    await allSay(serial, 'good');
    await expectOneTraceOf(cluster, collector, serial);
  });

  it('go on issuing and revoking while Kafka is gone, and say so once it is back', async () => {
    await kafka.kill();
    const { serial } = await issueAt(0, 'outage');
    await revokeAt(0, serial);
    await kafka.start();
    await allSay(serial, 'revoked');
  });
});
