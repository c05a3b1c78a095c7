import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from '@cartulary/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkCluster } from '../support/faults/check-cluster.js';
import { ClusterRun } from '../support/faults/cluster-run.js';
import { until } from '../support/faults/collect.js';
import { figuresOf, latencyOf } from '../support/faults/figures.js';
import { KafkaStage, type Member } from '../support/faults/kafka-stage.js';
import { NAMESPACE } from '../support/faults/load.js';
import { newCsr } from '../support/faults/persistent-client.js';
import { Random } from '../support/faults/random.js';
import { relayLeader, relayState } from '../support/faults/relay-state.js';
import { RelyingParty } from '../support/faults/relying-party.js';
import { compactSoon, replacedRecords } from '../support/faults/topics/compact.js';

const OUTAGE_MS = process.env['CARTULARY_FULL'] === '1' ? 120_000 : 20_000;
const LONG = 900_000;

// Answers are valid for a shorter time than Kafka is gone, so that the responders have to come to refuse.
const env = { CARTULARY_OCSP_VALIDITY: '8s', CARTULARY_OCSP_MAX_AGE: '1s' };

let stage: KafkaStage;
let run: ClusterRun;
let parties: RelyingParty[];

beforeAll(async () => {
  stage = await KafkaStage.open({ env, later: [['responder', 'responder-c']] });
  run = new ClusterRun(stage, Random.announced('outages of Kafka'));
  parties = stage.cluster.of('responder').map(({ publicUrl }) => new RelyingParty(publicUrl));
}, 240_000);
afterAll(async () => {
  await Promise.all((parties ?? []).map((party) => party.close()));
  await run?.close();
  await stage?.dispose();
});

const issue = async (): Promise<string> => {
  const body = { csr: await newCsr(), identity: 'spiffe://cluster.local/ns/outage/sa/one' };
  return (await stage.cluster.client(stage.cluster.one('issuance')).issueCertificate({ body })).serial;
};
const says = async (party: RelyingParty, serial: string): Promise<string> =>
  (await party.ocsp(serial, stage.issuer, true))?.says ?? 'nothing';
const allSay = (serial: string, wanted: string): Promise<true[]> =>
  Promise.all(
    parties.map((party) =>
      until(async () => (await says(party, serial)) === wanted || undefined, `${wanted} about ${serial}`),
    ),
  );
const relayedAll = async (): Promise<number> => {
  const start = performance.now();
  const { head } = await relayState(stage.ownerUrl);
  await until(async () => (await relayState(stage.ownerUrl)).relayed >= head || undefined, 'the relay');
  return Math.round(performance.now() - start);
};

describe('services over Kafka', () => {
  it(
    'go on issuing and revoking while Kafka is gone, and tell all of it once it is back',
    async () => {
      const { kafka } = stage;
      const serial = await issue();
      await allSay(serial, 'good');
      // A block is done when its consumer has heard of it, so none is tried here.
      await run.underLoad({ clients: 4, pause: 400, blocks: false }, async () => {
        await sleep(1_000);
        await kafka.kill();
        const from = Date.now();
        await Promise.all([sleep(OUTAGE_MS), allSay(serial, 'nothing')]);
        const to = Date.now();
        const { head, relayed } = await relayState(stage.ownerUrl);
        await kafka.start();
        const caughtUp = await relayedAll();
        const start = performance.now();
        await allSay(serial, 'good');
        const fresh = Math.round(performance.now() - start);
        const during = run.commands.filter(({ sentAt, answeredAt }) => sentAt >= from && answeredAt <= to);
        const count = (...actions: string[]): number =>
          during.filter(({ outcome, action }) => outcome === 'acknowledged' && actions.includes(action)).length;
        console.log(
          `Kafka gone for ${to - from} ms: commands ${latencyOf(during, from, to)}, ${head - relayed} events behind; ` +
            `caught up ${caughtUp} ms after it was back, responders fresh ${fresh} ms later`,
        );
        expect(count('issue', 'renew')).toBeGreaterThan(20);
        expect(count('revoke', 'hold', 'release')).toBeGreaterThan(10);
        const unsure = during.filter(({ outcome }) => outcome === 'unsure').length;
        expect(unsure).toBeLessThan(during.length / 10);
        expect(head - relayed).toBeGreaterThan(20);
      });
      const evidence = await run.settle();
      console.log(JSON.stringify(figuresOf(evidence)));
      expect(checkCluster(evidence, NAMESPACE)).toEqual([]);
    },
    LONG,
  );

  it('have responders that need issuance for nothing while their delegated certificates last', async () => {
    const { cluster } = stage;
    const serial = await issue();
    await allSay(serial, 'good');
    const issuance: readonly ServiceProcess[] = cluster.of('issuance');
    await Promise.all(issuance.map((process) => process.kill()));
    await cluster.client(cluster.one('revocation')).createRevocation({ body: { serial, reason: 'superseded' } });
    await allSay(serial, 'revoked');
    await Promise.all(issuance.map((process) => stage.startAgain(process)));
  });

  it(
    'bring nobody back to life when a relay is paused, replaced and resumed, and the topics are compacted',
    async () => {
      const { cluster, kafka, ownerUrl } = stage;
      await compactSoon(kafka.brokers);
      const leader = (but?: Member): Promise<Member> =>
        until(async () => {
          const found = await relayLeader(stage);
          return found === but ? undefined : found;
        }, 'a relay that leads');
      const first = await leader();
      const before = await relayState(ownerUrl);
      await run.underLoad({ clients: 4, pause: 300, blocks: false, timeout: 3_000 }, async () => {
        await sleep(1_000);
        process.kill(first.process.pid, 'SIGSTOP');
        const start = performance.now();
        const second = await leader(first);
        const elected = Math.round(performance.now() - start);
        await relayedAll();
        const took = Math.round(performance.now() - start);
        console.log(
          `relay of ${first.label} paused: ${second.label} leads after ${elected} ms, has relayed all after ${took} ms`,
        );
        await sleep(2_000);
        process.kill(first.process.pid, 'SIGCONT');
        await sleep(3_000);
      });
      expect((await relayState(ownerUrl)).head).toBeGreaterThan(before.head + 50);
      const full = await replacedRecords(kafka.brokers);
      await until(async () => (await replacedRecords(kafka.brokers)).replaced === 0 || undefined, 'compaction');
      console.log(`state.certificate: ${full.records} records, ${full.replaced} of them replaced, now compacted`);

      const start = performance.now();
      run.watch(await cluster.add('responder', 'responder-c'));
      console.log(`a new responder serves after ${Math.round(performance.now() - start)} ms`);
      const evidence = await run.settle();
      expect(checkCluster(evidence, NAMESPACE)).toEqual([]);
      const asked = evidence.responders.at(-1)!.ocspAtRest;
      expect(asked.filter((answer) => answer.says === 'revoked').length).toBeGreaterThan(20);
    },
    LONG,
  );
});
